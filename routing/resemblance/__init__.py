"""Requests that are alike: duplicates of one, and many that rise together."""
