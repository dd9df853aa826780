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


class UsedUp(TooOften):
    """The action is limited for good and the limit is reached: waiting gives no further try."""


class AlreadyDone(ActionNotAllowed):
    """The action may be done once, or makes the ticket what it is already."""


class LetterOpen(Refused):
    """The unit's last letter still waits for its answer; ``red`` ones for nothing else."""

    def __init__(self, level: str, *, red: bool) -> None:
        super().__init__(level, red)
        self.level = level
        self.red = red


class TooSoon(Refused):
    """The action was tried a moment ago; the next try must leave some hours between."""

    def __init__(self, action: str, hours: int) -> None:
        super().__init__(action, hours)
        self.action = action
        self.hours = hours


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


class TicketPaused(Refused):
    """The clocks stand still (挂账, waiting for material); work goes on after a resumption."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotYourUnit(Refused):
    """The reader may know of the ticket, but this act is another unit's."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class CannotReturn(Refused):
    """The fallback unit takes what nobody else does and returns nothing."""

    def __init__(self, unit_id: str) -> None:
        super().__init__(unit_id)
        self.unit_id = unit_id


class OutOfRange(Refused):
    """A number or a date beyond what the rules allow; ``allowed`` says what they do."""

    def __init__(self, field: str, allowed: str) -> None:
        super().__init__(field, allowed)
        self.field = field
        self.allowed = allowed


class NotProvided(Refused):
    """The profile of time limits has no such thing for this request."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class AnswersOwed(Refused):
    """Co-handlers still owe their answers; they must come, or be waived with a reason."""

    def __init__(self, unit_ids: tuple[str, ...]) -> None:
        super().__init__(unit_ids)
        self.unit_ids = unit_ids


class NothingToDo(Refused):
    """What the act is about is not there: no open letter of that id, no such co-handler, nothing paused."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class NotBelow(Refused):
    """Work is relayed to a unit below only."""

    def __init__(self, unit_id: str) -> None:
        super().__init__(unit_id)
        self.unit_id = unit_id


class CannotLink(Refused):
    """The two tickets cannot be joined: the same one, a child already, a parent itself, or a closed one."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class SecretLink(CannotLink):
    """What was told in confidence, a report, or an application for information is answered on its own only."""


class OwnRequest(Refused):
    """Nobody decides what they asked for themselves."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class DisclosureRefused(Refused):
    """The act does not fit the application for information as it stands; ``why`` is a ``DisclosureError``."""

    def __init__(self, action: str, why: str) -> None:
        super().__init__(action, why)
        self.action = action
        self.why = why


class NotOnDuty(Refused):
    """Nobody can check in without a shift now."""

    def __init__(self, person: str) -> None:
        super().__init__(person)
        self.person = person


class SearchTooWide(Refused):
    """The words alone would have too many tickets to read; a unit, a state or the whole number narrows it."""


class UnknownYear(Refused):
    """The official calendar of that year is not loaded, so no date in it can be promised."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year
