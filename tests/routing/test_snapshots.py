"""A frozen month stays as it was; late facts are shown beside it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from routing.acts import exclusions
from routing.figures.counting import FigureName
from routing.figures.queries import FigureReads
from routing.figures.rules import figure_rules
from routing.figures.snapshots import MonthNotOver, Snapshots, differences, month_before, month_period
from routing.mongo_store import AWARE, Database, MongoTicketStore
from routing.timing.working_calendar import CHINA
from routing.workflow import SYSTEM, State
from tests.routing.made_up_year import EDITOR, SUPERVISOR, tickets

NOVEMBER_2 = datetime(2026, 11, 2, 9, tzinfo=CHINA)


@pytest.fixture
async def store(database: Database) -> MongoTicketStore:
    store = MongoTicketStore(database)
    await store.prepare()
    await store.add_many(list(tickets(400, seed=9)))
    return store


def snapshots_of(database: Database) -> Snapshots:
    return Snapshots(database, FigureReads(database.get_collection("tickets", codec_options=AWARE)))


def test_the_month_before_is_chinas() -> None:
    assert month_before(NOVEMBER_2) == "2026-10"
    assert month_before(datetime(2026, 11, 30, 23, 59, tzinfo=CHINA) + timedelta(minutes=1)) == "2026-11"
    assert month_before(datetime(2027, 1, 1, tzinfo=CHINA)) == "2026-12"


async def test_a_month_is_frozen_once_it_is_over(database: Database, store: MongoTicketStore) -> None:
    snapshots = snapshots_of(database)
    with pytest.raises(MonthNotOver):
        await snapshots.freeze("2026-11", by="林督办", now=NOVEMBER_2)
    assert await snapshots.freeze_what_ended(NOVEMBER_2) == 1
    assert await snapshots.freeze_what_ended(NOVEMBER_2) == 0
    assert await snapshots.months() == ["2026-10"]
    found = await snapshots.find("2026-10")
    assert found is not None
    assert (found.taken_by, found.taken_at, found.rules) == (
        "system",
        NOVEMBER_2,
        figure_rules().version,
    )
    figures = FigureReads(database.get_collection("tickets", codec_options=AWARE))
    living = await figures.groups(month_period("2026-10", as_of=NOVEMBER_2), reader=SYSTEM)
    assert found.groups == living
    assert differences(found, living) == []
    assert found.balance.adds_up


async def test_of_two_that_freeze_at_once_one_month_is_kept(
    database: Database, store: MongoTicketStore
) -> None:
    snapshots = snapshots_of(database)
    kept = await asyncio.gather(
        *(snapshots.freeze("2026-10", by=name, now=NOVEMBER_2) for name in ("甲", "乙", "丙"))
    )
    assert len({snapshot.taken_by for snapshot in kept}) == 1
    assert len(await snapshots.months()) == 1


async def test_a_late_fact_changes_the_living_figure_and_never_the_frozen_one(
    database: Database, store: MongoTicketStore
) -> None:
    snapshots = snapshots_of(database)
    before = await snapshots.freeze("2026-10", by="林督办", now=NOVEMBER_2)
    period = month_period("2026-10", as_of=NOVEMBER_2)
    documents = database["tickets"].find({"state": State.RESOLVED, "fm0": {"$regex": "^2026-10.*C1"}})
    number = (await documents.to_list(1))[0]["_id"]
    ticket = await store.get(number)
    exclusions.appeal_exclusion(ticket, actor=SUPERVISOR, now=NOVEMBER_2, reason="恶意差评", basis="录音")
    exclusions.decide_exclusion(ticket, approved=True, actor=EDITOR, now=NOVEMBER_2, reason="属实")
    await store.save(ticket)
    again = await snapshots.freeze("2026-10", by="别人", now=NOVEMBER_2 + timedelta(days=1))
    assert again == before
    living = await snapshots_of(database)._figures.groups(period, reader=SYSTEM)
    changed = {each.name: each for each in differences(before, living) if each.unit_id == ticket.unit_id}
    on_time = changed[FigureName.CLOSED_ON_TIME]
    assert on_time.now.denominator == on_time.frozen.denominator - 1
    assert on_time.now.excluded["exclusion_upheld"] == on_time.frozen.excluded.get("exclusion_upheld", 0) + 1
