"""Figures governments printed that do not add up (domain §4), counted here as they should have been."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.reports.bulletin import percent_words
from routing.events import EventKind
from routing.figures.counting import EventRow, FigureName, FigureRow, Period, totals
from routing.figures.marks import marks_of
from routing.figures.queries import FigureReads
from routing.figures.scores import load_score_profile
from routing.figures.stars import DoesNotAddUp, StarCounts, count_stars
from routing.mongo_store import AWARE, Database, MongoTicketStore
from routing.timing.working_calendar import CHINA
from routing.workflow import State
from tests.factories import CITY_MANAGEMENT

JANUARY = datetime(2016, 1, 1, tzinfo=CHINA)
YEAR = Period(JANUARY, datetime(2017, 1, 1, tzinfo=CHINA), datetime(2017, 1, 10, tzinfo=CHINA))
DAY = timedelta(days=1)


def ticket(
    n: int, *, received: datetime, events: tuple[EventRow, ...] = (), is_open: bool = False
) -> FigureRow:
    state = State.ACCEPTED if is_open else State.RESOLVED
    return FigureRow(
        number=f"HY{n:010d}", unit_id=CITY_MANAGEMENT, state=state, received_at=received, events=events
    )


def said(kind: EventKind, at: datetime, stars: int | None = None) -> EventRow:
    return EventRow(kind=kind, at=at, unit_id=CITY_MANAGEMENT, stars=stars)


async def test_279_closed_of_206_received_is_a_carry_over_and_no_rate_above_one(database: Database) -> None:
    """民心网 2016: 受理 206 件, 办结 279 件. The other 73 and more were open before."""
    closed = (said(EventKind.RESOLVED, JANUARY + 40 * DAY),)
    before = [ticket(n, received=JANUARY - 9 * DAY, events=closed) for n in range(100)]
    in_time = [ticket(n, received=JANUARY + 9 * DAY, events=closed) for n in range(100, 279)]
    left = [ticket(n, received=JANUARY + 9 * DAY, is_open=True) for n in range(279, 306)]
    rows = [*before, *in_time, *left]
    await MongoTicketStore(database).prepare()
    tickets = database.get_collection("tickets", codec_options=AWARE)
    await tickets.insert_many(
        [{"_id": r.number, "external_number": r.number, "state": r.state, **marks_of(r)} for r in rows]
    )
    balance = await FigureReads(tickets).balance(YEAR)
    assert (balance.opening, balance.received, balance.resolved, balance.closing) == (100, 206, 279, 27)
    assert balance.adds_up
    rate = totals(rows, YEAR)[FigureName.CLOSED]
    assert (rate.numerator, rate.denominator) == (179, 206)
    assert percent_words(rate) == "86.89%（179/206）"


def test_199_rated_in_classes_of_189_are_refused() -> None:
    printed = {"15星": 5, "10星": 4, "5星": 147, "5星以下": 33}
    with pytest.raises(DoesNotAddUp) as refused:
        StarCounts(199, printed)
    assert str(refused.value) == "评星199件，各档之和189件，相差10件"
    assert StarCounts(189, printed).rated == 189


def test_classes_counted_from_tickets_always_add_up() -> None:
    classes = load_score_profile("stars").star_classes
    assert [each.stars for each in classes] == [15, 10, 5]
    given: tuple[list[int], ...] = ([5, 5, 5],) * 5 + ([5, 5],) * 4 + ([5],) * 147 + ([3],) * 33 + ([],) * 10
    rows = [
        ticket(
            n,
            received=JANUARY,
            events=tuple(
                said(EventKind.RATED, JANUARY + (1 + k) * DAY, stars=s) for k, s in enumerate(ratings)
            ),
        )
        for n, ratings in enumerate(given)
    ]
    counted = count_stars(rows, YEAR, classes)
    assert counted == StarCounts(189, {"15星": 5, "10星": 4, "5星": 147, "5星以下": 33})
    satisfied = totals(rows, YEAR)[FigureName.SATISFIED]
    assert (satisfied.numerator, satisfied.denominator) == (203, 203)


@pytest.mark.parametrize(
    ("done", "received", "right", "printed"),
    [(271, 291, "93.13%（271/291）", "96.1%"), (57_644, 57_657, "99.98%（57644/57657）", "99.9%")],
    ids=["网络回应人 271 of 291", "政务中心 57,644 of 57,657"],
)
def test_printed_rates_come_out_as_they_should_have(
    done: int, received: int, right: str, printed: str
) -> None:
    answered = (said(EventKind.REPLIED, JANUARY + DAY),)
    rows = [
        ticket(n, received=JANUARY, events=answered if n < done else (), is_open=n >= done)
        for n in range(received)
    ]
    figures = totals(rows, YEAR)
    for name in (FigureName.REPLIED, FigureName.CLOSED):
        assert percent_words(figures[name]) == right
        assert f"{figures[name].value:.{len(printed) - 4}%}" != printed
