"""The drift monitor on real tickets: quiet in quiet weeks, tight within one look of bad ones, and heard of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.learning.audits import AuditSamples, UnknownCase
from bot.learning.drift_store import LOOK_EVERY, DriftStore
from bot.learning.registry import ModelKind
from bot.learning.watch import DriftWatch
from bot.learning.words import drift_words
from bot.services import Services
from bot.settings import Settings
from classifier.drift import QUIET_LOOKS, DriftState, Level, Signal
from routing.departments import UnitId
from routing.ticket import Ticket
from routing.triage.deciding import Candidate, TriageDecision
from routing.workflow import SYSTEM, Role
from tests.bot.learning.small_city import decided_tickets
from tests.bot.learning.small_models import artefact, new_model
from tests.bot.learning.waiting import until
from tests.factories import HOUSING, MONDAY_9_30, PROFILE, a_dispatcher, a_liaison, a_request, a_supervisor
from tests.running import run_services

TOPICS = ModelKind.TOPICS
NOW = MONDAY_9_30


@pytest.fixture
async def services(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path
) -> AsyncIterator[Services]:
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        data_dir=tmp_path,
        secret_key="a secret key of the learning tests, long enough",
    )
    async with run_services(settings, clock=lambda: NOW) as services:
        yield services


def dispatched_by_machine(
    number: int, *, wrong: bool, at: datetime, topic: str = "教育文体", accepted: bool = True
) -> Ticket:
    """An automatic dispatch that its unit accepted, or that a person had to transfer."""
    unit = UnitId("qh.education")
    ticket = Ticket.register(
        a_request(f"学校食堂饭菜不干净，第{number}次反映", at=at, external_number=f"M{number}"),
        number=f"HY2611{number:06d}",
        profile=PROFILE,
        actor=SYSTEM,
        now=at,
    )
    ticket.topic, ticket.topic_confidence = topic, 0.97
    ticket.triage = TriageDecision(True, (Candidate(unit, None, 0.9, (), None),), (), None)
    ticket.dispatch(unit, profile=PROFILE, actor=SYSTEM, now=at)
    if wrong:
        ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=at, reason="派错")
    elif accepted:
        ticket.accept(actor=a_liaison(unit), now=at)
    return ticket


def shadowed(number: int, *, right: bool, at: datetime) -> Ticket:
    """While the machine is stopped: a person dispatched, where the machine would have been sure."""
    ticket = dispatched_by_machine(number, wrong=False, at=at, accepted=False)
    unit = UnitId("qh.education") if right else HOUSING
    ticket.triage = replace(ticket.triage, automatic=False)  # type: ignore[type-var]
    ticket.unit_id = unit
    dispatcher = a_dispatcher()
    ticket.events = tuple(
        replace(e, unit_id=unit, by=replace(e.by, role=Role.DISPATCHER, id=dispatcher.id)) if e.unit_id else e
        for e in ticket.events
    )
    ticket.accept(actor=a_liaison(unit), now=at)
    ticket.reply(actor=a_liaison(unit), now=at, text="已处理")
    return ticket


async def dispatches(
    services: Services, right: int, wrong: int, *, topic: str = "教育文体", first: int = 0
) -> None:
    at = NOW - timedelta(days=10)
    await services.tickets.add_many(
        [dispatched_by_machine(first + n, wrong=n < wrong, at=at, topic=topic) for n in range(right + wrong)]
    )


async def test_quiet_weeks_leave_the_gate_open(services: Services) -> None:
    await services.tickets.add_many(decided_tickets(900, newest=NOW, weeks=9))
    await dispatches(services, right=58, wrong=2)
    state = await DriftWatch(services).look(NOW)
    assert state.level is Level.CALM
    measured = {measure.signal for measure in state.measures}
    assert measured >= {Signal.LABEL_MIX, Signal.CONFIDENCE, Signal.UNKNOWN_WORDS, Signal.CORRECTIONS}
    assert services.live.current.gate.tightened_by == 0
    assert await DriftStore(services.database).history(TOPICS) == []


async def test_wrong_dispatches_stop_the_machine_and_supervisors_hear_why(services: Services) -> None:
    await dispatches(services, right=40, wrong=20)
    state = await DriftWatch(services).look(NOW)
    assert state.level is Level.STOPPED
    assert state.stopped == ("教育文体",)
    await _until_gate_changes(services)
    gate = services.desk.triage.gate
    assert gate.stops("教育文体") == "教育文体"
    assert gate.stops("qh.housing") == "qh.housing"
    assert gate.why is not None
    assert "改派" in gate.why
    (notice,) = await services.console_notices.latest(a_supervisor())
    assert notice.text.startswith("自动派单已停止")
    # Nothing goes out by machine any more, however clear the text.
    ticket = await services.desk.register(
        a_request("国道旁加油站少给油，油枪计量不准", place="清河县"), now=NOW
    )
    assert ticket.unit_id is None


async def test_one_topic_that_goes_wrong_is_left_to_people_alone(services: Services) -> None:
    await dispatches(services, right=400, wrong=0)
    await dispatches(services, right=4, wrong=8, topic="商贸旅游", first=1000)
    state = await DriftWatch(services).look(NOW)
    assert (state.level, state.stopped) == (Level.CALM, ("商贸旅游",))
    assert "部分类别停止自动派单" in drift_words(state)


async def test_another_kind_of_messages_makes_the_machine_ask_for_more_confidence(services: Services) -> None:
    usual = decided_tickets(600, newest=NOW - timedelta(days=7), weeks=8, seed=1)
    only = [UnitId("qh.health")]
    new = decided_tickets(150, newest=NOW, weeks=1, seed=2, units=only)
    await services.tickets.add_many([*usual, *new])
    state = await DriftWatch(services).look(NOW)
    assert state.level is Level.TIGHTENED
    assert any(m.signal is Signal.LABEL_MIX and m.drifting for m in state.measures)
    await _until_gate_changes(services)
    assert services.desk.triage.gate.tightened_by == state.tightened_by


async def test_trust_comes_back_by_what_the_machine_would_have_said(services: Services) -> None:
    watch, store = DriftWatch(services), DriftStore(services.database)
    await dispatches(services, right=40, wrong=20)
    assert (await watch.look(NOW)).level is Level.STOPPED
    # Four weeks on the wrong dispatches are out of sight; without evidence the machine stays stopped.
    later = NOW + timedelta(weeks=5)
    for _ in range(QUIET_LOOKS + 1):
        assert (await watch.look(later)).level is Level.STOPPED
    await services.tickets.add_many(
        [shadowed(2000 + n, right=n > 0, at=later - timedelta(days=1)) for n in range(40)]
    )
    levels = [(await watch.look(later)).level for _ in range(QUIET_LOOKS)]
    assert levels[-1] is Level.TIGHTENED
    assert (await store.history(TOPICS, limit=1))[0].level is Level.TIGHTENED


async def test_verdicts_on_a_random_sample_count_like_corrections(services: Services) -> None:
    await dispatches(services, right=60, wrong=0)
    audits = AuditSamples(services.database)
    cases = await audits.draw(30, since=NOW - timedelta(weeks=4), now=NOW)
    assert len({case.number for case in cases}) == 30
    for n, case in enumerate(cases):
        await audits.judge(case.number, right=n % 2 == 0, who="林督办", now=NOW)
    with pytest.raises(UnknownCase):
        await audits.judge(cases[0].number, right=True, who="林督办", now=NOW)
    assert await audits.waiting() == []
    assert len(await audits.draw(100, since=NOW - timedelta(weeks=4), now=NOW)) == 30  # none twice
    state = await DriftWatch(services).look(NOW)
    assert state.level is Level.STOPPED
    assert [m.rows for m in state.measures if m.signal is Signal.AUDIT_PRECISION] == [30]


async def test_of_all_workers_one_looks_and_not_all_the_time(services: Services) -> None:
    store = DriftStore(services.database)
    claims = [await store.claim(TOPICS, now=NOW) for _ in range(3)]
    assert claims == [True, False, False]
    assert not await store.claim(TOPICS, now=NOW + LOOK_EVERY - timedelta(seconds=1))
    assert await store.claim(TOPICS, now=NOW + LOOK_EVERY)
    assert await DriftWatch(services).watch(NOW + LOOK_EVERY + timedelta(seconds=1)) == 0
    assert await store.current(TOPICS) is None
    assert not await store.put(TOPICS, DriftState(), before=DriftState())
    assert await store.current(TOPICS) == DriftState()


async def _until_gate_changes(services: Services) -> None:
    await until(lambda: services.desk.triage.gate.tightened_by > 0 or services.desk.triage.gate.stopped)


async def test_verdicts_on_what_an_earlier_model_sent_say_nothing_about_the_one_at_work(
    services: Services,
) -> None:
    await dispatches(services, right=60, wrong=0)
    audits = AuditSamples(services.database)
    for case in await audits.draw(30, since=NOW - timedelta(weeks=4), now=NOW):
        await audits.judge(case.number, right=False, who="林督办", now=NOW)
    model = await services.registry.add(new_model(artefact()))
    await services.registry.approve(TOPICS, model.version, who="林督办", why="更好", now=NOW)
    state = await DriftWatch(services).look(NOW)
    assert state.level is Level.CALM
    assert not [measure for measure in state.measures if measure.signal is Signal.AUDIT_PRECISION]
