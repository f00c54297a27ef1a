"""The ledger of every message and the relay that sends it."""
