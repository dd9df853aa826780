"""Matters that many people report are told early, with a level; one person's many letters are not."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.citizen_request import Citizen, RequestType
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore
from routing.places.gazetteer import load_gazetteer
from routing.resemblance.duplicate_store import DuplicateFeed
from routing.resemblance.hotspot_store import LEASE, Hotspot, HotspotState, HotspotStore, Warned
from routing.resemblance.hotspot_watch import LOOK_EVERY, HotspotWatch
from routing.resemblance.hotspots import (
    KEPT,
    QUIET_AFTER,
    Level,
    Link,
    Matters,
    Report,
    Trend,
    chance_of_as_many,
    common_place,
)
from routing.ticket import Ticket
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    a_dispatcher,
    a_liaison,
    a_request,
    a_ticket,
)

GAZETTEER = load_gazetteer()
VAULT = Vault(b"k" * 32)
SURE, DOUBTFUL = 0.95, 0.7


def at(days: float) -> datetime:
    return MONDAY_9_30 + timedelta(days=days)


class City:
    """Feeds ``Matters`` by hand."""

    def __init__(self) -> None:
        self.matters = Matters()
        self.count = 0

    def report(
        self, days: float, *to: str, voice: str | None = None, chance: float = SURE, likeness: float = 0.5
    ) -> str:
        """A ticket linked to others; its number."""
        self.count += 1
        number = f"N{self.count:04d}"
        links = [Link(other, chance, likeness) for other in to]
        self.matters.add(Report(number=number, at=at(days), voice=voice), links)
        return number

    def everyday(self, days: int, *, a_day: int = 10) -> None:
        """A city's other letters: each its own matter."""
        for day in range(days):
            for at_ in range(a_day):
                self.report(day + at_ / (2 * a_day))

    def trend(self, number: str, days: float) -> Trend:
        matter = self.matters.matter_of(number)
        assert matter is not None
        return next(each for each in self.matters.trends(at(days)) if each.matter_id == matter.id)


def test_many_people_in_one_week_reach_one_level_after_the_other() -> None:
    city = City()
    city.everyday(60)
    first = city.report(60, voice="v0")
    levels = [city.trend(first, 60).level]
    for more in range(1, 12):
        city.report(60 + more / 10, first, voice=f"v{more}")
        levels.append(city.trend(first, 60 + more / 10).level)
    assert levels[0] is None
    assert levels[1] is None
    assert [level for level in dict.fromkeys(levels) if level] == [Level.WATCH, Level.WARNING, Level.ALARM]
    assert levels.index(Level.WATCH) <= 4


def test_one_person_who_writes_twenty_times_warns_of_nothing() -> None:
    city = City()
    city.everyday(60)
    first = city.report(60, voice="he")
    for more in range(1, 20):
        city.report(60 + more / 10, first, voice="he")
    trend = city.trend(first, 62)
    assert (trend.recent, trend.total, trend.tickets) == (1, 1, 20)
    assert trend.level is None


def test_copies_of_one_text_from_unknown_callers_are_one_voice() -> None:
    city = City()
    first = city.report(0)
    for more in range(1, 8):
        city.report(more / 10, first, likeness=0.99)
    assert city.trend(first, 1).recent == 1
    for more in range(1, 4):
        city.report(1 + more / 10, first, likeness=0.6)
    assert city.trend(first, 2).recent == 4


def test_what_is_usual_every_week_is_no_warning_and_twice_as_much_is_one() -> None:
    city = City()
    city.everyday(64)
    first = city.report(0, voice="v")
    for day in range(1, 64):  # somebody complains of the night market every day
        city.report(day, first, voice=f"v{day}")
    usual = city.trend(first, 63.5)
    assert usual.recent >= 7
    assert usual.level is None
    for more in range(20):
        city.report(63.6 + more / 100, first, voice=f"more{more}")
    assert city.trend(first, 64).level is Level.ALARM


def test_the_more_matters_are_watched_the_stranger_one_must_be() -> None:
    small, large = City(), City()
    large.everyday(7, a_day=50)
    told = []
    for city in (small, large):
        first = city.report(6.5, voice="a")
        for voice in "bc":
            city.report(6.6, first, voice=voice)
        told.append(city.trend(first, 6.9))
    assert told[0].recent == told[1].recent == 3
    assert told[0].level is Level.WATCH
    assert told[1].level is None


def test_matters_that_grow_together_become_one_and_keep_the_larger_ones_name() -> None:
    city = City()
    large = city.report(0)
    more = [city.report(1, large) for _ in range(4)]
    small = city.report(1)
    also = city.report(1, small)
    city.report(2, large, small, also)
    assert city.matters.matter_of(large) is not city.matters.matter_of(small)  # one link is not enough
    city.report(2, large, more[0], small, also)
    matter = city.matters.matter_of(small)
    assert matter is not None
    assert matter.id == large
    assert matter.merged == [small]
    assert len(matter.reports) == 9
    assert city.matters.get(small) is None


def test_a_single_doubtful_link_joins_no_grown_matter() -> None:
    city = City()
    first = city.report(0)
    for _ in range(4):
        city.report(0, first)
    drifting = city.report(1, first, chance=DOUBTFUL)
    assert city.matters.matter_of(drifting) is not city.matters.matter_of(first)
    sure = city.report(1, first, chance=SURE)
    assert city.matters.matter_of(sure) is city.matters.matter_of(first)


def test_what_is_over_is_let_go_and_does_not_come_back() -> None:
    city = City()
    first = city.report(0)
    city.report(1, first)
    assert city.matters.let_go(at(1) + KEPT) == []
    assert city.matters.let_go(at(1) + KEPT + timedelta(days=1)) == [first]
    assert first not in city.matters
    assert len(city.matters) == 0
    city.report(100, first)
    assert city.matters.matter_of(first) is None


def test_a_late_ticket_does_not_set_the_clock_back() -> None:
    city = City()
    first = city.report(5)
    late = city.report(3, first)
    matter = city.matters.matter_of(late)
    assert matter is not None
    assert matter.last_at == at(5)


def test_a_forgotten_ticket_counts_no_more() -> None:
    city = City()
    first = city.report(0, voice="a")
    second = city.report(0, first, voice="b")
    city.matters.forget(second)
    assert city.trend(first, 1).recent == 1
    city.matters.forget(first)
    assert len(city.matters) == 0


@given(st.integers(1, 60), st.integers(0, 200), st.floats(0, 56))
def test_the_chance_of_as_many_falls_with_how_many_and_rises_with_how_usual(
    voices: int, before: int, days: float
) -> None:
    chance = chance_of_as_many(voices, before=before, days=days)
    assert 0 <= chance <= 1
    assert chance_of_as_many(voices + 1, before=before, days=days) <= chance + 1e-12
    assert chance_of_as_many(voices, before=before + 5, days=days) >= chance - 1e-9


@pytest.mark.parametrize(
    ("voices", "before", "days"), [(3, 0, 56.0), (5, 8, 56.0), (12, 40, 56.0), (4, 0, 0.0)]
)
def test_the_chance_is_that_of_the_forecast_drawn_at_random(voices: int, before: int, days: float) -> None:
    """Against a simulation: a rate from the gamma, a week from the Poisson, weeks without a voice left out."""
    chance = random.Random(5)
    weeks = []
    for _ in range(200_000):
        rate = chance.gammavariate(0.1 + before, 1 / (18 + days)) * 7
        heard, past = 0, chance.expovariate(rate) if rate > 1e-12 else 2.0
        while past < 1:
            heard, past = heard + 1, past + chance.expovariate(rate)
        if heard:
            weeks.append(heard)
    simulated = sum(heard >= voices for heard in weeks) / len(weeks)
    exact = chance_of_as_many(voices, before=before, days=days)
    assert exact == pytest.approx(simulated, abs=4 * (exact / len(weeks)) ** 0.5 + 1e-4)


def test_ordinary_weeks_warn_of_little() -> None:
    """A year of a city where matters come back at random, at rates of their own: warnings are rare."""
    chance = random.Random(11)
    city, warned = City(), set[str]()
    rates = [chance.gammavariate(0.1, 1 / 18) for _ in range(1500)]
    last: dict[int, str] = {}
    for day in range(240):
        for matter, rate in enumerate(rates):
            if chance.random() < rate:
                known = [last[matter]] if matter in last else []
                last[matter] = city.report(day + 0.5, *known, voice=f"{matter}-{day}")
        if day > 60:
            warned |= {each.matter_id for each in city.matters.trends(at(day + 0.6)) if each.level}
        city.matters.let_go(at(day))
    assert city.count > 1500
    assert len(warned) <= 6  # one a month


def test_the_place_most_name_is_theirs() -> None:
    reports = [
        Report(number=str(n), at=at(0), place_id=place) for n, place in enumerate(("a", "a", None, "b"))
    ]
    place, share = common_place(reports)
    assert (place, round(share, 3)) == ("a", 0.667)
    assert common_place([]) == (None, 0.0)


# ---- on a real store


class Told:
    """What supervisors were told."""

    def __init__(self) -> None:
        self.levels: list[tuple[str, Level]] = []

    async def __call__(self, hotspot: Hotspot, warned: Warned) -> None:
        self.levels.append((hotspot.id, warned.level))


WAYS = (
    "锦绣花园旁边的搅拌站昼夜施工，机器轰鸣，扬尘很大，老人孩子都睡不好。",
    "我是锦绣花园业主，小区旁边建了搅拌站，晚上噪音大，扬尘飘进家里。",
    "投诉锦绣花园附近的搅拌站，半夜还在生产，粉尘污染严重。",
    "锦绣花园搅拌站噪音扰民，水泥车进进出出，扬尘满天。",
    "请管管锦绣花园边上的搅拌站，机器声整夜不停，窗户不敢开，全是扬尘。",
    "搅拌站离锦绣花园不到百米，噪音和扬尘让居民苦不堪言。",
)


async def stored(database: Database, text: str, *, days: float, phone: str, **request: object) -> Ticket:
    ticket = a_ticket(a_request(text, at=at(days), **request), at=at(days))  # type: ignore[arg-type]
    ticket.unit_id = CITY_MANAGEMENT
    await MongoTicketStore(database).add(ticket)
    await MongoIdentityStore(database, VAULT).put(ticket.number, Citizen(phone=phone))
    return ticket


async def a_watch(database: Database, told: Told) -> HotspotWatch:
    store = HotspotStore(database)
    await store.prepare()
    feed = DuplicateFeed(database, vault=VAULT, gazetteer=lambda: GAZETTEER)
    return HotspotWatch(database, store=store, duplicates=feed, gazetteer=lambda: GAZETTEER, tell=told)


async def test_supervisors_hear_of_a_growing_matter_once_a_level_and_another_worker_goes_on(
    database: Database,
) -> None:
    told, again = Told(), Told()
    watch = await a_watch(database, told)
    first = [await stored(database, text, days=i / 10, phone=f"1380000000{i}") for i, text in enumerate(WAYS)]
    assert await watch.watch(at(1)) == len(WAYS)
    assert told.levels == [(first[0].number, Level.WARNING)]
    await watch.watch(at(1) + LOOK_EVERY)
    assert len(told.levels) == 1
    found = await HotspotStore(database).latest(reader=a_dispatcher())
    assert [each.id for each in found] == [first[0].number]
    assert (found[0].tickets, found[0].voices, found[0].recent) == (6, 6, 6)
    assert "搅拌站" in "".join(found[0].phrases)
    assert "1380000" not in repr(found)
    # The first worker dies; the next one knows all it knew.
    other = await a_watch(database, again)
    assert await other.watch(at(1) + LOOK_EVERY) == 0
    more = [await stored(database, text, days=1.2, phone=f"1390000000{i}") for i, text in enumerate(WAYS)]
    later = at(1) + 2 * LOOK_EVERY + LEASE + timedelta(days=1)
    assert await other.watch(later) == len(more)
    assert again.levels == [(first[0].number, Level.ALARM)]
    assert (await HotspotStore(database).latest(reader=a_dispatcher()))[0].level is Level.ALARM
    assert await HotspotStore(database).latest(reader=a_liaison(HOUSING)) == []


async def test_thanks_and_one_persons_letters_are_no_hot_spot(database: Database) -> None:
    told = Told()
    watch = await a_watch(database, told)
    for text in WAYS:
        await stored(database, text, days=0, phone="13800000001")
        await stored(database, f"感谢{text}", days=0, phone="13800000002", request_type=RequestType.PRAISE)
    assert await watch.watch(at(1)) == len(WAYS)
    assert told.levels == []
    assert await HotspotStore(database).latest(reader=a_dispatcher(), state=None) == []


async def test_what_was_withdrawn_is_taken_out_and_what_is_quiet_is_over(database: Database) -> None:
    told = Told()
    watch = await a_watch(database, told)
    tickets = [await stored(database, text, days=0, phone=f"1380000000{i}") for i, text in enumerate(WAYS)]
    await watch.watch(at(0.1))
    await database["tickets"].update_one({"_id": tickets[-1].number}, {"$set": {"state": "withdrawn"}})
    await watch.watch(at(0.1) + LOOK_EVERY)
    await watch.watch(at(0.1) + 2 * LOOK_EVERY)
    found = (await HotspotStore(database).latest(reader=a_dispatcher()))[0]
    assert tickets[-1].number not in found.numbers
    assert found.tickets == 5
    assert await database["matter_links"].find_one({"_id": tickets[-1].number}) is None
    await watch.watch(at(0) + QUIET_AFTER + timedelta(days=1))
    assert await HotspotStore(database).latest(reader=a_dispatcher()) == []
    over = await HotspotStore(database).latest(reader=a_dispatcher(), state=HotspotState.OVER)
    assert [each.id for each in over] == [tickets[0].number]


async def test_of_two_workers_one_watches(database: Database) -> None:
    store = HotspotStore(database)
    now = datetime(2026, 11, 16, tzinfo=UTC)
    assert await store.claim("a", now=now)
    assert not await store.claim("b", now=now + timedelta(seconds=1))
    assert await store.claim("a", now=now + timedelta(minutes=2))
    assert not await store.claim("b", now=now + LEASE + timedelta(minutes=1))
    assert await store.claim("b", now=now + 2 * LEASE)
    assert not await store.claim("a", now=now + 2 * LEASE)
