"""阶段答复: the citizen hears how far it is, and nothing else changes."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.notices import caller, plan, render
from bot.wording import say_time
from routing.acts import co_handling, pauses, returns
from routing.acts.answers import INTERIM_REPLIES_PER_DAY, interim_reply
from routing.acts.replaying import replay, same_history
from routing.citizen_request import Channel, Secrecy
from routing.departments import UnitId, load_units
from routing.errors import ActionNotAllowed, Incomplete, NotYourRole, ReviewPending, TooOften
from routing.events import Audience, EventKind, NoticeChannel
from routing.figures.rows import KINDS
from routing.mongo_store import Database
from routing.redaction import redact_answer
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.workflow import CITIZEN, SYSTEM, Actor, Role, State
from tests.bot.errand_office import ACCOUNT, UNITS, CountingWeChat, Fate, Killed, Office
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_ticket,
)

NOW = MONDAY_9_30 + timedelta(hours=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORDS = "配件已经订了，到货后马上更换路灯。"


def at_work(channel: Channel = Channel.WECHAT, secrecy: Secrecy = Secrecy.PUBLIC) -> Ticket:
    ticket = a_ticket(a_request(channel=channel, secrecy=secrecy))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=MONDAY_9_30)
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30)
    return ticket


def test_no_clock_no_state_and_no_figure_hears_of_it() -> None:
    ticket = at_work()
    clocks, state = ticket.clocks, ticket.state
    interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    assert (ticket.clocks, ticket.state, ticket.reply_text) == (clocks, state, None)
    contact = ticket.clock(ClockName.FIRST_CONTACT)
    assert contact is not None
    assert contact.running, "the first contact is still owed"
    assert ticket.events[-1].kind is EventKind.INTERIM_REPLIED
    assert EventKind.INTERIM_REPLIED not in KINDS


def test_the_answer_still_has_to_come_before_it_is_closed() -> None:
    ticket = at_work()
    interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    with pytest.raises(ActionNotAllowed):
        ticket.resolve(actor=a_liaison(), now=NOW + HOUR)
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="路灯已经更换。")
    ticket.resolve(actor=a_liaison(), now=NOW + HOUR)
    assert ticket.state is State.RESOLVED


def test_it_is_sent_while_a_co_handler_owes_and_while_the_clocks_stand_still() -> None:
    ticket = at_work()
    co_handling.co_handle(ticket, [HOUSING], profile=PROFILE, actor=a_liaison(), now=NOW, text="请核实")
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW, text="请补照片")
    paused = ticket.pause
    interim_reply(ticket, actor=a_liaison(), now=NOW + HOUR, text=WORDS)
    assert ticket.pause == paused
    assert ticket.co_handlers[0].owes


def test_nothing_of_an_answer_that_waits_for_its_review_goes_out_this_way() -> None:
    ticket = at_work()
    reviewed = replace(PROFILE, review_replies=True)
    ticket.reply(actor=a_liaison(), now=NOW, text="已经更换。", profile=reviewed)
    with pytest.raises(ReviewPending):
        interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)


def test_not_while_the_centre_decides_whose_ticket_it_is() -> None:
    ticket = at_work()
    returns.request_return(
        ticket, profile=PROFILE, actor=a_liaison(), now=NOW, reason="不属本局", basis="三定方案"
    )
    with pytest.raises(ReviewPending):
        interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)


def test_twice_a_day_and_counted_anew_by_the_next_unit() -> None:
    ticket = at_work()
    for _ in range(INTERIM_REPLIES_PER_DAY):
        interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    with pytest.raises(TooOften):
        interim_reply(ticket, actor=a_liaison(), now=NOW + HOUR, text=WORDS)
    interim_reply(ticket, actor=a_liaison(), now=NOW + DAY + HOUR, text=WORDS)
    ticket = at_work()
    for _ in range(INTERIM_REPLIES_PER_DAY):
        interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    later = NOW + HOUR
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=later, reason="属房产职责")
    ticket.accept(actor=a_liaison(HOUSING), now=later)
    interim_reply(ticket, actor=a_liaison(HOUSING), now=later, text=WORDS)


@pytest.mark.parametrize("text", ["", " \n "])
def test_it_says_something(text: str) -> None:
    with pytest.raises(Incomplete):
        interim_reply(at_work(), actor=a_liaison(), now=NOW, text=text)


def test_neither_the_citizen_nor_a_dispatcher_writes_it() -> None:
    for actor in (CITIZEN, a_dispatcher()):
        with pytest.raises(NotYourRole):
            interim_reply(at_work(), actor=actor, now=NOW, text=WORDS)


def test_doing_the_acts_again_gives_the_same_ticket() -> None:
    ticket = at_work()
    interim_reply(
        ticket, actor=a_liaison(), now=NOW, text=WORDS, doubts=("promises_a_date",), despite="已排期"
    )
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="已经更换。")
    assert same_history(replay(ticket, profile=PROFILE), ticket)


def test_the_citizen_reads_the_words_and_that_the_answer_is_yet_to_come() -> None:
    ticket = at_work()
    interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    event = ticket.events[-1]
    assert [(n.audience, n.channel) for n in plan(ticket, event)] == [
        (Audience.CITIZEN, NoticeChannel.WECHAT)
    ]
    said = render(ticket, event, Audience.CITIZEN, units=load_units())
    assert WORDS in said
    assert "还没办完" in said
    assert "最晚11月" in said


@pytest.mark.parametrize(
    ("secrecy", "rings"), [(Secrecy.PUBLIC, CITY_MANAGEMENT), (Secrecy.SECRET, None)], ids=["unit", "centre"]
)
def test_who_has_no_wechat_is_rung_by_whoever_may_know_them(secrecy: Secrecy, rings: UnitId | None) -> None:
    ticket = at_work(Channel.HOTLINE, secrecy)
    interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    event = ticket.events[-1]
    assert [n.channel for n in plan(ticket, event)] == [NoticeChannel.TELEPHONE]
    assert caller(ticket, event) == rings


# ---- 并案: who reported the same matter hears it too

SAID = "王建国先生（13800005678）您好，路灯配件已到，明天更换。"
SUPERVISOR = Actor("boss", "林督办", Role.SUPERVISOR, frozenset(unit.id for unit in UNITS.all()))


async def joined(office: Office, children: int = 2) -> tuple[str, list[str]]:
    """A ticket at work and those linked to it."""
    numbers = []
    for n in range(children + 1):
        request = a_request(
            channel=Channel.WECHAT, external_number=f"I{n}", openid=f"o{n}", account=ACCOUNT, at=NOW
        )
        numbers.append((await office.desk.register(request, now=NOW)).number)
    parent, *rest = numbers
    await office.desk.dispatch(parent, CITY_MANAGEMENT, actor=SUPERVISOR, version=None, now=NOW)
    await office.desk.accept(parent, actor=a_liaison(), version=None, now=NOW)
    for child in rest:
        await office.desk.links.link(
            child, parent, actor=SUPERVISOR, version=None, now=NOW, reason="同一盏路灯"
        )
    return parent, rest


def heard(ticket: Ticket) -> list[str]:
    return [e.text or "" for e in ticket.events if e.kind is EventKind.INTERIM_REPLIED]


async def settle(office: Office) -> None:
    while await office.worker.settle_links(office.clock()):
        pass


async def test_each_linked_citizen_hears_it_once_and_reads_nobodys_name(database: Database) -> None:
    office = Office(database, clock=lambda: NOW + HOUR, wechat=CountingWeChat())
    await office.prepare()
    parent, children = await joined(office)
    await office.desk.interim_reply(parent, actor=a_liaison(), version=None, now=NOW + HOUR, text=SAID)
    await settle(office)
    await settle(office)
    before = await office.tickets.get(parent)
    assert (before.children_owed, before.next_link_at) == ((), None)
    for number in children:
        child = await office.tickets.get(number)
        (said,) = heard(child)
        assert said == redact_answer(SAID)
        assert "王建国" not in said
        assert "13800005678" not in said
        event = child.events[-1]
        assert (event.ticket, event.passed_on) == (parent, before.events[-1].seq)
        told = render(child, event, Audience.CITIZEN, units=UNITS)
        assert "配件已到" in told
        assert "还没办完" in told
        assert before.promise is not None
        assert say_time(before.promise.due_at) in told, "the date of the matter it was joined to"
        assert [n.audience for n in plan(child, event)] == [Audience.CITIZEN]
        assert caller(child, event) is None, "the centre rings, as with the answer"
        assert child.state is State.LINKED
        assert same_history(replay(child, profile=PROFILE), child)


async def test_a_second_one_follows_and_who_joins_later_hears_only_what_is_said_from_then(
    database: Database,
) -> None:
    clock = [NOW + HOUR]
    office = Office(database, clock=lambda: clock[0], wechat=CountingWeChat())
    await office.prepare()
    parent, (child,) = await joined(office, 1)
    say = office.desk.interim_reply
    await say(parent, actor=a_liaison(), version=None, now=clock[0], text="已到现场。")
    await settle(office)
    clock[0] += HOUR
    request = a_request(external_number="late", openid="late", account=ACCOUNT, channel=Channel.WECHAT)
    late = (await office.desk.register(request, now=clock[0])).number
    await office.desk.links.link(
        late, parent, actor=SUPERVISOR, version=None, now=clock[0], reason="同一盏路灯"
    )
    clock[0] += HOUR
    await say(parent, actor=a_liaison(), version=None, now=clock[0], text="配件已到。")
    await settle(office)
    assert heard(await office.tickets.get(child)) == ["已到现场。", "配件已到。"]
    assert heard(await office.tickets.get(late)) == ["配件已到。"]


async def test_words_said_while_the_link_was_being_made_or_while_others_were_told_are_not_lost(
    database: Database,
) -> None:
    office = Office(database, clock=lambda: NOW + HOUR, wechat=CountingWeChat())
    await office.prepare()
    parent, (first,) = await joined(office, 1)
    stored, other = await office.tickets.get(parent), await office.tickets.get(first)
    # The link is on the child alone: the crash came before its parent took it in.
    stored.children = ()
    await office.tickets.save(stored)
    other.link_pending, other.linked_at = True, NOW
    await office.tickets.save(other)
    await office.desk.interim_reply(parent, actor=a_liaison(), version=None, now=NOW + HOUR, text=SAID)
    await settle(office)
    assert len(heard(await office.tickets.get(first))) == 1


async def test_a_worker_killed_anywhere_tells_each_of_them_once(database: Database) -> None:
    office = Office(database, clock=lambda: NOW + HOUR, wechat=CountingWeChat())
    await office.prepare()
    parent, children = await joined(office)
    await office.desk.interim_reply(parent, actor=a_liaison(), version=None, now=NOW + HOUR, text=SAID)
    snapshot = await database["tickets"].find().to_list(None)
    fate = Fate()
    await settle(Office(database, clock=lambda: NOW + HOUR, wechat=CountingWeChat(), fate=fate))
    for n in range(1, fate.calls + 1):
        for after in (False, True):
            await database["tickets"].delete_many({})
            await database["tickets"].insert_many(snapshot)
            dying = Fate(n, after=after)
            with contextlib.suppress(Killed):
                await settle(Office(database, clock=lambda: NOW + HOUR, wechat=CountingWeChat(), fate=dying))
            await settle(office)
            told = [len(heard(await office.tickets.get(number))) for number in children]
            assert told == [1, 1], f"killed at call {n}, {after=}"
            assert (await office.tickets.get(parent)).next_link_at is None


async def test_a_closed_parents_answer_says_it_all(database: Database) -> None:
    office = Office(database, clock=lambda: NOW + HOUR, wechat=CountingWeChat())
    await office.prepare()
    parent, (child,) = await joined(office, 1)
    await office.desk.interim_reply(parent, actor=a_liaison(), version=None, now=NOW + HOUR, text=SAID)
    await office.desk.resolve(
        parent, actor=a_liaison(), version=None, now=NOW + HOUR, text="路灯已更换，恢复照明。"
    )
    await settle(office)
    answered = await office.tickets.get(child)
    assert heard(answered) == []
    assert answered.reply_text == "路灯已更换，恢复照明。"
