"""Who may do what with the knowledge base's tasks and proposals, and whom the review takes somebody for."""

from __future__ import annotations

from knowledge_base.editing.entries import Person, Right
from routing.errors import NotYourRole
from routing.workflow import Actor, Role

READERS = frozenset({Role.EDITOR, Role.SUPERVISOR, Role.LIAISON, Role.AUDITOR})
_EVERYWHERE = frozenset({Role.EDITOR, Role.SUPERVISOR, Role.AUDITOR})
_WRITERS = frozenset({Role.EDITOR, Role.SUPERVISOR, Role.LIAISON})
_EDITORS = frozenset({Role.EDITOR, Role.SUPERVISOR})

_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.EDITOR: frozenset({Right.WRITE, Right.BUSINESS_REVIEW, Right.REPEAL}),
    Role.LIAISON: frozenset({Right.BUSINESS_REVIEW}),
    Role.SUPERVISOR: frozenset({Right.SECRECY_REVIEW, Right.REPEAL}),
}


def person(actor: Actor) -> Person:
    """Whom the review of entries takes this person for: a liaison reviews the own units' entries only."""
    units = frozenset(map(str, actor.unit_ids)) if actor.role is Role.LIAISON else None
    return Person(id=actor.id, rights=_RIGHTS.get(actor.role, frozenset()), units=units)


def units_read_by(reader: Actor) -> frozenset[str] | None:
    """The units whose tasks this reader sees; None for those of all. Raises ``NotYourRole``."""
    if reader.role not in READERS:
        raise NotYourRole("read-knowledge", reader.role)
    return None if reader.role in _EVERYWHERE else frozenset(map(str, reader.unit_ids))


def require_writer(actor: Actor, action: str, *, editors_only: bool = False) -> None:
    """Raises ``NotYourRole``: a unit's liaison works on its own tasks, editors and supervisors on all and on whose
    they are."""
    if actor.role not in (_EDITORS if editors_only else _WRITERS):
        raise NotYourRole(action, actor.role)
