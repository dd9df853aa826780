"""Who may look at the photos of a ticket they may read, and who may add files to it."""

from __future__ import annotations

from routing.citizen_request import Secrecy
from routing.ticket import Ticket
from routing.workflow import CENTRE_ROLES, Actor, Role, State

_OVER = frozenset({State.ARCHIVED, State.WITHDRAWN, State.REJECTED})


def may_see_photos(ticket: Ticket, actor: Actor) -> bool:
    """A photo shows a home, a face or a plate: of a 保密 or 匿名 ticket it is for who handles it and for the centre,
    not for a unit that only has a part in it."""
    return ticket.secrecy is Secrecy.PUBLIC or actor.answers_for(ticket.unit_id) or actor.role in CENTRE_ROLES


def view_is_logged(ticket: Ticket) -> bool:
    """Whether opening a photo in full goes into the log of identity reads."""
    return ticket.secrecy is not Secrecy.PUBLIC


def may_add_files(ticket: Ticket, actor: Actor) -> bool:
    """Whoever answers for the ticket, until it is over."""
    return ticket.state not in _OVER and may_change_files(ticket, actor)


def may_change_files(ticket: Ticket, actor: Actor) -> bool:
    """Whether the citizen sees an official's file is theirs to say who answer for the ticket, also when it is over: a
    face shown by mistake can be taken back."""
    office = actor.role is Role.LIAISON or actor.role in CENTRE_ROLES
    return office and actor.answers_for(ticket.unit_id)
