"""What MongoDB is asked for: a listener that keeps the names of its commands."""

from __future__ import annotations

from pymongo import monitoring


class Commands(monitoring.CommandListener):
    """Every command MongoDB was sent, by name."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        return

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        return
