"""Rates and counts that can be re-computed from events, and what is made of them."""
