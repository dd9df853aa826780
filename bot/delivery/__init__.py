"""How a notice reaches a citizen: which way first, what next, and what became of it."""
