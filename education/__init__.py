"""Training and events: partners, offers, registrations, attendance. Its first rows come with the training work."""
