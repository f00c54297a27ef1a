"""All models of the room; each job's stand in a module of their own."""
