"""How an act on a ticket becomes an operation of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from bot.hotline.models import Body, NoQuery, Versioned
from bot.hotline.operation import Act, Call, Endpoint, Result, operation
from bot.hotline.ticket_json import TicketJson, show_ticket
from bot.wording import label
from routing.acts.acting import Acting
from routing.ticket import Ticket
from routing.workflow import TRANSITIONS, Action, Role

BodyT = TypeVar("BodyT", bound=Body)
VersionedT = TypeVar("VersionedT", bound=Versioned)

PATH = "/api/v1/tickets/{number}/"


def action_operation(
    action: Action, body: type[BodyT], *, returns: type[BaseModel], refuses: tuple[int, ...] = ()
) -> Callable[[Act[BodyT, NoQuery]], Endpoint]:
    """Declare one row of ``routing.workflow.TRANSITIONS`` as an operation. No program is ever the citizen."""
    return operation(
        "POST",
        PATH + action.value,
        name=action.value,
        summary=f"{label(action)}.",
        roles=TRANSITIONS[action].by - {Role.CITIZEN},
        body=body,
        returns={200: returns},
        refuses=(409, *refuses),
    )


def action_endpoint(
    action: Action, body: type[BodyT], *, refuses: tuple[int, ...] = ()
) -> Callable[[Callable[[Call[BodyT, NoQuery]], Awaitable[Ticket]]], Endpoint]:
    """An operation that does the act and gives the ticket as it is then."""

    def declare(act: Callable[[Call[BodyT, NoQuery]], Awaitable[Ticket]]) -> Endpoint:
        @action_operation(action, body, returns=TicketJson, refuses=refuses)
        async def perform(call: Call[BodyT, NoQuery]) -> Result:
            ticket = await act(call)
            return 200, await show_ticket(ticket, services=call.services, reader=call.actor, now=call.now)

        return perform

    return declare


def acting(call: Call[VersionedT, NoQuery]) -> Acting:
    """Who calls, on the version they read, now."""
    return Acting(actor=call.actor, version=call.body.version, now=call.now)
