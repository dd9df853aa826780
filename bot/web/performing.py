"""What a form of a ticket asks of the desk: one act each, on the version the person read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.intake import MOST_CHARACTERS, TextTooLong
from bot.web.access import Form
from bot.web.case_forms import CASE_ACTIONS, perform_case
from bot.web.disclosure_forms import DISCLOSURE_ACTIONS, perform_disclosure
from bot.web.joint_forms import JOINT_ACTIONS, perform_joint
from routing.acts.acting import Acting, Excuse
from routing.departments import UnitId
from routing.errors import Incomplete
from routing.events import RejectReason
from routing.service_desk import ServiceDesk
from routing.ticket import Rating, Ticket
from routing.workflow import Action, Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One form as it was sent. ``version`` and ``seen`` say which state of the ticket the person looked at."""

    number: str
    form: Form
    actor: Actor
    version: int
    seen: int
    now: datetime
    doubts: tuple[str, ...] = ()
    """What the check said of the answer, and was shown to its writer."""
    despite: str | None = None
    """Why the answer is sent all the same."""

    @property
    def acting(self) -> Acting:
        return Acting(actor=self.actor, version=self.version, now=self.now)

    @property
    def excuse(self) -> Excuse:
        return Excuse(doubts=self.doubts, despite=self.despite)

    def text(self, name: str) -> str:
        """A field's text; raises ``TextTooLong``."""
        value = self.form.get(name, "").replace("\r\n", "\n").strip()
        if len(value) > MOST_CHARACTERS:
            raise TextTooLong(len(value), MOST_CHARACTERS)
        return value

    def unit_id(self) -> UnitId:
        """Raises ``Incomplete``."""
        if not self.text("unit_id"):
            raise Incomplete("unit_id")
        return UnitId(self.text("unit_id"))


Perform = Callable[[ServiceDesk, Asked], Awaitable[Ticket]]


async def perform(desk: ServiceDesk, asked: Asked, action: Action) -> Ticket:
    """Do it on the version the person read; raises what the desk refuses with."""
    return await PERFORM[action](desk, asked)


async def _dispatch(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.dispatch(
        asked.number, asked.unit_id(), **asked.acting, reason=asked.text("reason") or None
    )


async def _transfer(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.transfer(asked.number, asked.unit_id(), **asked.acting, reason=asked.text("reason"))


async def _accept(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.accept(asked.number, **asked.acting)


async def _contact(desk: ServiceDesk, asked: Asked) -> Ticket:
    text = asked.text("text")
    return await desk.contact(asked.number, **asked.acting, text=text)


async def _reply(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.reply(asked.number, **asked.acting, text=asked.text("text"), **asked.excuse)


async def _interim_reply(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.interim_reply(asked.number, **asked.acting, text=asked.text("text"), **asked.excuse)


async def _resolve(desk: ServiceDesk, asked: Asked) -> Ticket:
    # The bare 办结 button has no text field; an answer left empty is refused, not taken for that button.
    text = asked.text("text") if "text" in asked.form else None
    return await desk.resolve(asked.number, **asked.acting, text=text, **asked.excuse)


async def _answer_directly(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.answer_directly(asked.number, **asked.acting, text=asked.text("text"), **asked.excuse)


async def _request_return(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.request_return(
        asked.number, **asked.acting, reason=asked.text("reason"), basis=asked.text("basis")
    )


async def _decide_return(desk: ServiceDesk, asked: Asked) -> Ticket:
    if asked.form.get("approved") not in ("yes", "no"):
        raise Incomplete("approved")
    return await desk.decide_return(
        asked.number, **asked.acting, approved=asked.form["approved"] == "yes", reason=asked.text("reason")
    )


async def _reject(desk: ServiceDesk, asked: Asked) -> Ticket:
    ground, reason = asked.text("ground"), asked.text("reason")
    kind = RejectReason(ground) if ground in set(RejectReason) else RejectReason.OTHER
    return await desk.reject(asked.number, **asked.acting, reason=reason, kind=kind)


async def _supplement(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.supplement(asked.number, **asked.acting, text=asked.text("text"))


async def _remind(desk: ServiceDesk, asked: Asked) -> Ticket:
    text = asked.text("text") or None
    return await desk.remind(asked.number, **asked.acting, text=text)


async def _rate(desk: ServiceDesk, asked: Asked) -> Ticket:
    stars = asked.form.get("stars", "")
    if stars not in {"1", "2", "3", "4", "5"}:
        raise Incomplete("stars")
    rating = Rating(int(stars), comment=asked.text("comment") or None)
    return await desk.rate(asked.number, rating=rating, **asked.acting)


async def _reopen(desk: ServiceDesk, asked: Asked) -> Ticket:
    return await desk.reopen(asked.number, **asked.acting, reason=asked.text("reason"))


async def _withdraw(desk: ServiceDesk, asked: Asked) -> Ticket:
    reason = asked.text("reason")
    if not reason:
        raise Incomplete("reason")
    return await desk.withdraw(asked.number, **asked.acting, reason=reason)


PERFORM: dict[str, Perform] = {
    Action.DISPATCH: _dispatch,
    Action.TRANSFER: _transfer,
    Action.ACCEPT: _accept,
    Action.CONTACT: _contact,
    Action.REPLY: _reply,
    Action.INTERIM_REPLY: _interim_reply,
    Action.RESOLVE: _resolve,
    Action.ANSWER_DIRECTLY: _answer_directly,
    Action.REQUEST_RETURN: _request_return,
    Action.DECIDE_RETURN: _decide_return,
    Action.REJECT: _reject,
    Action.SUPPLEMENT: _supplement,
    Action.REMIND: _remind,
    Action.RATE: _rate,
    Action.REOPEN: _reopen,
    Action.WITHDRAW: _withdraw,
    **{action: partial(perform_case, action) for action in CASE_ACTIONS},
    **{action: partial(perform_joint, action) for action in JOINT_ACTIONS},
    **{action: partial(perform_disclosure, action) for action in DISCLOSURE_ACTIONS},
}
