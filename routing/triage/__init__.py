"""Which unit a request is for: witnesses, doubts, decision, and what is learned from what became of it."""
