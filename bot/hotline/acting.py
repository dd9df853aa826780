"""How an act on a ticket becomes an operation of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.hotline.models import Body, NoQuery
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.ticket_json import TicketJson, show_ticket
from bot.wording import label
from routing.ticket import Ticket
from routing.workflow import TRANSITIONS, Action, Role

BodyT = TypeVar("BodyT", bound=Body)

PATH = "/api/v1/tickets/{number}/"


def action_endpoint(
    action: Action, body: type[BodyT], *, refuses: tuple[int, ...] = ()
) -> Callable[[Callable[[Call[BodyT, NoQuery]], Awaitable[Ticket]]], Endpoint]:
    """Declare one row of ``routing.workflow.TRANSITIONS`` as an operation. No program is ever the citizen."""

    def declare(act: Callable[[Call[BodyT, NoQuery]], Awaitable[Ticket]]) -> Endpoint:
        @operation(
            "POST",
            PATH + action.value,
            name=action.value,
            summary=f"{label(action)}.",
            roles=TRANSITIONS[action].by - {Role.CITIZEN},
            body=body,
            returns={200: TicketJson},
            refuses=(409, *refuses),
        )
        async def perform(call: Call[BodyT, NoQuery]) -> Result:
            ticket = await act(call)
            return 200, await show_ticket(ticket, services=call.services, reader=call.actor, now=call.now)

        return perform

    return declare
