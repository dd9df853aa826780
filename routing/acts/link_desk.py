"""并案 over two documents: linking, unlinking, and the worker's part, which completes what a crash left."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Unpack

import structlog

from routing.acts import links
from routing.acts.acting import Acting
from routing.acts.writing import TicketWriter, may_read
from routing.departments import UnitId
from routing.errors import CannotLink, SecretLink, StaleTicket, UnknownTicket
from routing.events import EventKind
from routing.store import Sweep
from routing.ticket import Ticket
from routing.workflow import SYSTEM, Action, Actor, State

log = structlog.get_logger(__name__)

_PUT_OFF = timedelta(minutes=5)
_PARENT_GONE = "主工单已撤销或不予受理，恢复单独办理"


class LinkDesk:
    """Every step leaves on the document what remains to be done, so each may be repeated and none is lost."""

    def __init__(self, writer: TicketWriter) -> None:
        self._writer = writer

    async def link(
        self, number: str, parent: str, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        """Join a duplicate to the ticket it repeats; raises ``CannotLink`` when that one is closed or linked."""
        above = await self._writer.tickets.get(parent)
        if not may_read(above, actor):
            raise UnknownTicket(parent)
        if not above.is_open or above.state is State.LINKED:
            raise CannotLink(parent)
        if not links.shareable(above):
            raise SecretLink(parent)
        child = await self._writer.act(
            number,
            actor,
            version,
            lambda t: links.link(
                t,
                parent,
                unit_id=above.unit_id,
                actor=actor,
                now=now,
                reason=reason,
                answer_due_at=links.answer_due_at(above),
            ),
            action=Action.LINK,
        )
        try:
            return await self._confirm(child, now=now)
        except StaleTicket:
            # The link stands; many are joining this parent just now, and the worker takes the child in.
            return child

    async def unlink(self, number: str, *, reason: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: links.unlink(t, **given.timed, reason=reason),
            action=Action.UNLINK,
            **acting,
        )

    async def undo_link(self, number: str, **acting: Unpack[Acting]) -> Ticket:
        """Take one's own link back while it is fresh; raises ``WindowClosed`` later."""
        return await self._writer.do(
            number,
            lambda t, given: links.undo_link(t, **given.timed),
            action=Action.UNLINK,
            **acting,
        )

    async def settle_links(self, now: datetime, *, limit: int = 100) -> int:
        """The worker's sweep: confirm children, answer those a closed parent owes; how many tickets had a step."""
        numbers = await self._writer.tickets.numbers_due(Sweep.LINKS, now, limit=limit)
        for number in numbers:
            try:
                ticket = await self._writer.tickets.get(number)
                if ticket.link_pending:
                    ticket = await self._confirm(ticket, now=now)
                failed = [c for c in ticket.children_owed if not await self._paid(ticket, c, now=now)]
            except StaleTicket:
                continue  # somebody is at work on it; the next sweep looks again
            except Exception as error:
                log.error("link not settled", number=number, error=type(error).__name__)
                failed = [number]
            if failed:
                await self._writer.tickets.put_off(number, Sweep.LINKS, now + _PUT_OFF)
        return len(numbers)

    async def _paid(self, parent: Ticket, child: str, *, now: datetime) -> bool:
        """False when this child could not be told now: the others must not wait for it."""
        try:
            await self._pay(parent, child, now=now)
        except StaleTicket:
            return True  # somebody is at work on it, and it is still owed
        except Exception as error:
            log.error("linked ticket not told", number=child, error=type(error).__name__)
            return False
        return True

    async def _confirm(self, child: Ticket, *, now: datetime) -> Ticket:
        """The parent takes the child in; only then does the child stop asking for it."""
        parent = child.parent_number
        if parent is not None and child.state is State.LINKED:
            await self._writer.act(parent, SYSTEM, None, lambda t: links.adopt(t, child, now=now))

        def confirmed(ticket: Ticket) -> None:
            if ticket.parent_number == parent:
                ticket.link_pending, ticket.linked_at = False, None

        return await self._writer.act(child.number, SYSTEM, None, confirmed)

    async def _pay(self, parent: Ticket, child: str, *, now: datetime) -> None:
        """Tell the child what became of its parent: its answer, that it goes its own way again, or another unit."""

        def hear(ticket: Ticket) -> None:
            if ticket.state is not State.LINKED or ticket.parent_number != parent.number:
                return
            if parent.state in links.ANSWERED and parent.reply_text is not None:
                links.answer_with_parent(
                    ticket,
                    parent=parent.number,
                    text=parent.reply_text,
                    unit_id=parent.unit_id,
                    profile=self._writer.profile_of(ticket),
                    actor=SYSTEM,
                    now=now,
                )
            elif parent.state in links.GONE:
                links.unlink(
                    ticket,
                    profile=self._writer.profile_of(ticket),
                    actor=SYSTEM,
                    now=now,
                    reason=_PARENT_GONE,
                )
            else:
                links.follow(ticket, parent.number, unit_id=parent.unit_id, now=now)
                for said in links.unheard(ticket, parent):
                    links.tell_how_far(
                        ticket,
                        parent.number,
                        said=said.seq,
                        text=said.text or "",
                        unit_id=parent.unit_id,
                        until=links.answer_due_at(parent),
                        now=now,
                    )

        def paid(ticket: Ticket) -> None:
            # What the child heard must still be so, or it is owed the news that came since.
            if _news(ticket) == _news(parent):
                links.paid(ticket, child)

        await self._writer.act(child, SYSTEM, None, hear)
        await self._writer.act(parent.number, SYSTEM, None, paid)


def _news(parent: Ticket) -> tuple[State, UnitId | None, int]:
    """What linked tickets hear of: where it stands, who has it, and how often it said how far it is."""
    said = sum(e.kind is EventKind.INTERIM_REPLIED for e in parent.events)
    return parent.state, parent.unit_id, said
