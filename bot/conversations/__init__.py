"""Conversations as they are held: claimed, answered once, kept, and answered late where it took too long."""
