"""Life of units: meeting meter, work plan, budget, election plan. Its first rows come with the planning work."""
