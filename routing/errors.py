"""Refusals a caller can expect. Each is named for what is wrong and carries data; words and HTTP live elsewhere."""

from __future__ import annotations


class Refused(Exception):
    """An anticipated refusal. ``bot.wording`` gives it Chinese words, ``bot.web.errors`` an HTTP status."""


class UnknownTicket(Refused):
    """No ticket of that number, or none this reader may know of."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class StaleTicket(Refused):
    """Somebody else changed the ticket since this caller read it."""

    def __init__(self, number: str, version: int) -> None:
        super().__init__(number, version)
        self.number = number
        self.version = version


class ActionNotAllowed(Refused):
    """The ticket's state does not admit this action."""

    def __init__(self, action: str, state: str) -> None:
        super().__init__(action, state)
        self.action = action
        self.state = state


class NotYourRole(Refused):
    """The actor's role has no right to this action."""

    def __init__(self, action: str, role: str) -> None:
        super().__init__(action, role)
        self.action = action
        self.role = role


class ExternalNumberConflict(Refused):
    """The same external number arrived before with another text."""

    def __init__(self, external_number: str) -> None:
        super().__init__(external_number)
        self.external_number = external_number


class UnknownUnit(Refused):
    """No unit of that id."""

    def __init__(self, unit_id: str) -> None:
        super().__init__(unit_id)
        self.unit_id = unit_id


class Incomplete(Refused):
    """A field the action needs is missing or empty."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class TooOften(Refused):
    """The action is limited per period and the limit is reached."""

    def __init__(self, action: str, limit: int) -> None:
        super().__init__(action, limit)
        self.action = action
        self.limit = limit


class WindowClosed(Refused):
    """The time in which this action may be asked for has passed."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class ReviewPending(Refused):
    """The ticket waits for a decision that comes first."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class AlreadyThere(Refused):
    """The ticket is with that unit already; handing it over again would only restart the unit's clocks."""

    def __init__(self, unit_id: str) -> None:
        super().__init__(unit_id)
        self.unit_id = unit_id


class UnknownYear(Refused):
    """The official calendar of that year is not loaded, so no date in it can be promised."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year
