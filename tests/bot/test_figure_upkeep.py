"""The worker marks tickets for the figures and freezes a month that has ended, once, by itself."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from bot.reports.upkeep import EVERY, FigureUpkeep
from bot.services import Services
from routing.derived_marks import DERIVED
from routing.figures.queries import FigureReads
from routing.figures.snapshots import Snapshots
from routing.mongo_store import AWARE, Database, MongoTicketStore
from tests.routing.made_up_year import tickets
from tests.routing.test_snapshots import NOVEMBER_2


async def test_a_month_is_frozen_only_when_every_ticket_is_marked_by_todays_rules(database: Database) -> None:
    store = MongoTicketStore(database)
    await store.prepare()
    await store.add_many(list(tickets(30, seed=3)))
    await database["tickets"].update_many({}, {"$unset": {"f_version": ""}})
    figures = FigureReads(database.get_collection("tickets", codec_options=AWARE))
    services = cast(
        Services, SimpleNamespace(queries=SimpleNamespace(figures=figures), database=database, tickets=store)
    )
    upkeep, months = FigureUpkeep(services), Snapshots(database, figures)

    assert await upkeep.keep_figures(NOVEMBER_2) == 30
    assert await months.months() == [], "what was just marked is looked at once more first"
    assert await upkeep.keep_figures(NOVEMBER_2) == 0
    assert await months.months() == ["2026-10"]

    december = NOVEMBER_2 + timedelta(days=30)
    await upkeep.keep_figures(NOVEMBER_2 + EVERY / 2)
    assert await months.months() == ["2026-10"]
    await upkeep.keep_figures(december)
    assert await months.months() == ["2026-10", "2026-11"]


async def test_what_search_and_audit_need_is_written_on_tickets_an_earlier_version_saved(
    database: Database,
) -> None:
    store = MongoTicketStore(database)
    await store.prepare()
    await store.add_many(list(tickets(5, seed=3)))
    kept = await database["tickets"].find().to_list(None)
    figures = FigureReads(database.get_collection("tickets", codec_options=AWARE))
    services = cast(
        Services, SimpleNamespace(queries=SimpleNamespace(figures=figures), database=database, tickets=store)
    )
    upkeep = FigureUpkeep(services)
    assert await upkeep.keep_figures(NOVEMBER_2) == 0
    await database["tickets"].update_many({}, {"$unset": dict.fromkeys(DERIVED, "")})
    assert [await upkeep.keep_figures(NOVEMBER_2) for _ in range(2)] == [5, 0], (
        "looked at before the hour is over"
    )
    assert await database["tickets"].find().to_list(None) == kept
