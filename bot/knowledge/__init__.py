"""The knowledge base at work: its live index, what citizens missed in it, and the work that follows."""
