"""Entries at work: drafts, reviews, publishing, versions, imports, and where they are kept."""
