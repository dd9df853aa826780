"""Calendars, limits, profiles and promises: when something is due, and why."""
