"""The audit's counting: every number is a recount of rows, and only what cannot be chance is pointed out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from math import isclose, sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.audit.bias import (
    ENOUGH,
    LONG_FROM,
    SHORT_BELOW,
    GroupBy,
    Length,
    Measure,
    Standing,
    judge,
    length_of,
    report,
    stands,
)
from routing.audit.checks import (
    AuditRow,
    Axis,
    Kept,
    LeftOut,
    Rate,
    confusion,
    left_out,
    pair_of,
    share_interval,
)
from routing.audit.types import SURE_FROM, Doubt, by, judged, rate, read, registrar
from routing.audit.types import judge as judge_type
from routing.citizen_request import Channel, RequestType, Urgency
from routing.departments import UnitId
from routing.events import ActorRef
from routing.places.gazetteer import load_gazetteer
from routing.timing.sla import ClockName
from routing.workflow import Role, State
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30, PROFILE

GAZETTEER = load_gazetteer()
WATER = UnitId("qh.water")
TOPICS = {CITY_MANAGEMENT: ("城乡建设", "环境保护"), HOUSING: ("城乡建设",)}


def a_row(**changes: object) -> AuditRow:
    row = AuditRow(
        number="HY2611160001",
        received_ms=round(MONDAY_9_30.timestamp() * 1000),
        channel=Channel.HOTLINE,
        request_type=RequestType.COMPLAINT,
        urgency=Urgency.ORDINARY,
        state=State.RESOLVED,
        unit_id=CITY_MANAGEMENT,
        topic="城乡建设",
        triaged=True,
        automatic=True,
        first=CITY_MANAGEMENT,
        place_id=None,
        length=80,
    )
    return row._replace(**changes)  # type: ignore[arg-type]


_UNITS = st.sampled_from([CITY_MANAGEMENT, HOUSING, WATER])
_TIMES = st.integers(0, 20000).map(lambda minutes: MONDAY_9_30 + timedelta(minutes=minutes))
_KEPT = st.none() | st.booleans() | _TIMES
_ROWS = st.lists(
    st.builds(
        a_row,
        number=st.integers(1, 9999).map(lambda n: f"HY261116{n:04d}"),
        channel=st.sampled_from(Channel),
        state=st.sampled_from(State),
        unit_id=st.none() | _UNITS,
        first=st.none() | _UNITS,
        topic=st.sampled_from([None, "城乡建设", "环境保护", "交通运输"]),
        triaged=st.booleans(),
        automatic=st.booleans(),
        length=st.integers(0, 400),
        place_id=st.sampled_from([None, "qh.liuquan", "qh.chengguan.dongmen", "qh", "gone"]),
        words=st.lists(st.sampled_from(["油烟", "路灯", "井盖"]), max_size=3).map(tuple),
        transfers=st.integers(0, 3),
        returns=st.integers(0, 3),
        lost_ms=st.integers(0, 10**9),
        waited_ms=st.none() | st.integers(0, 10**9),
        dispatched=_KEPT,
        replied=_KEPT,
    ),
    max_size=40,
)


@given(numerator=st.integers(0, 500), more=st.integers(0, 500))
def test_the_interval_ends_where_the_share_is_just_not_ruled_out(numerator: int, more: int) -> None:
    n = numerator + more
    low, high = share_interval(numerator, n)
    if n == 0:
        assert (low, high) == (0.0, 1.0)
        return
    share = numerator / n
    assert 0.0 <= low <= share <= high <= 1.0
    for end in {low, high} - {0.0, 1.0}:
        assert isclose(abs(share - end), 1.959964 * sqrt(end * (1 - end) / n), rel_tol=1e-6, abs_tol=1e-9)


@pytest.mark.parametrize("n", [1, 59, 257, 1000])
def test_who_shares_a_perfect_record_is_not_below_it(n: int) -> None:
    assert share_interval(n, n)[1] == 1.0
    assert share_interval(0, n)[0] == 0.0


@given(rows=_ROWS, axis=st.sampled_from(Axis))
def test_every_row_is_in_one_cell_or_left_out_for_one_reason(rows: list[AuditRow], axis: Axis) -> None:
    counted = confusion(rows, axis, TOPICS)
    pairs = Counter(pair for row in rows if (pair := pair_of(row, axis, TOPICS)) is not None)
    assert {(cell.guessed, cell.handled): cell.tickets for cell in counted.cells} == pairs
    assert counted.tickets + sum(counted.left_out.values()) == len(rows)
    for cell in counted.cells:
        own = [row for row in rows if pair_of(row, axis, TOPICS) == (cell.guessed, cell.handled)]
        assert cell.automatic == sum(row.automatic for row in own)
        assert cell.returns == sum(row.returns for row in own)
        assert cell.transfers == sum(row.transfers for row in own)
        assert isclose(cell.days_lost, sum(row.days_lost for row in own))
        assert sum(cell.words.values()) == sum(len(row.words) for row in own)


@given(rows=_ROWS)
def test_mistakes_stand_before_what_agrees_and_the_dearest_first(rows: list[AuditRow]) -> None:
    cells = confusion(rows, Axis.UNIT, TOPICS).cells
    assert [cell.agrees for cell in cells] == sorted(cell.agrees for cell in cells)
    costs = [cell.cost for cell in cells if not cell.agrees]
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"state": State.REPLIED}, None),
        ({"state": State.ACCEPTED}, LeftOut.STILL_OPEN),
        ({"state": State.WITHDRAWN}, LeftOut.WITHDRAWN),
        ({"state": State.REJECTED, "triaged": False}, LeftOut.REJECTED),
        ({"triaged": False, "first": None}, LeftOut.NOT_TRIAGED),
        ({"first": None}, LeftOut.NOT_TRIAGED),
        ({"unit_id": None}, LeftOut.ANSWERED_BY_THE_CENTRE),
    ],
)
def test_what_cannot_be_compared_is_left_out_by_name(
    changes: dict[str, object], reason: LeftOut | None
) -> None:
    assert left_out(a_row(**changes)) is reason


@pytest.mark.parametrize(
    ("topic", "unit_id", "pair"),
    [
        ("环境保护", CITY_MANAGEMENT, ("环境保护", "环境保护")),
        ("交通运输", CITY_MANAGEMENT, ("交通运输", "城乡建设")),
        ("城乡建设", WATER, ("城乡建设", "")),
        (None, HOUSING, ("", "城乡建设")),
    ],
    ids=["one of its topics", "its main topic", "a unit without duties", "no topic"],
)
def test_a_unit_stands_for_the_topics_of_its_duties(
    topic: str | None, unit_id: UnitId, pair: tuple[str, str]
) -> None:
    assert pair_of(a_row(topic=topic, unit_id=unit_id), Axis.TOPIC, TOPICS) == pair


# ---- bias


@given(rows=_ROWS, group_by=st.sampled_from(GroupBy))
def test_the_groups_of_a_report_add_up_to_everybody(rows: list[AuditRow], group_by: GroupBy) -> None:
    as_of = MONDAY_9_30 + timedelta(days=5)
    made = report(rows, group_by, GAZETTEER, as_of=as_of)
    assert sum(group.tickets for group in made.groups) == len(rows)
    for measure in Measure:
        verdicts = [v for row in rows if (v := judge(measure, row, as_of=as_of)) is not None]
        assert made.everybody[measure] == Rate(sum(verdicts), len(verdicts))
        own = [group.compared[measure].rate for group in made.groups]
        assert sum(rate.numerator for rate in own) == sum(verdicts)
        assert sum(rate.denominator for rate in own) == len(verdicts)


@pytest.mark.parametrize(
    ("own", "everybody", "standing"),
    [
        ((10, 40), (80, 100), Standing.WORSE),
        ((40, 40), (80, 100), Standing.BETTER),
        ((30, 40), (80, 100), Standing.USUAL),
        ((5, 20), (80, 100), Standing.FEWER_THAN_ENOUGH),
        ((0, ENOUGH - 1), (80, 100), Standing.FEWER_THAN_ENOUGH),
        ((0, ENOUGH), (80, 100), Standing.WORSE),
        ((59, 59), (257, 257), Standing.USUAL),
        ((0, 59), (0, 257), Standing.USUAL),
        ((0, 0), (0, 0), Standing.FEWER_THAN_ENOUGH),
    ],
)
def test_only_what_is_large_enough_and_cannot_be_chance_is_pointed_out(
    own: tuple[int, int], everybody: tuple[int, int], standing: Standing
) -> None:
    assert stands(Rate(*own), Rate(*everybody)) is standing


@pytest.mark.parametrize(
    ("measure", "changes", "verdict"),
    [
        (Measure.AUTOMATIC, {}, True),
        (Measure.AUTOMATIC, {"automatic": False}, False),
        (Measure.AUTOMATIC, {"triaged": False}, None),
        (Measure.AUTOMATIC, {"state": State.WITHDRAWN}, None),
        (Measure.NOT_CORRECTED, {}, True),
        (Measure.NOT_CORRECTED, {"unit_id": HOUSING}, False),
        (Measure.NOT_CORRECTED, {"state": State.ACCEPTED}, None),
        (Measure.NOT_CORRECTED, {"automatic": False}, None),
    ],
)
def test_a_row_counts_for_a_measure_when_it_is_decided(
    measure: Measure, changes: dict[str, object], verdict: bool | None
) -> None:
    assert judge(measure, a_row(**changes), as_of=MONDAY_9_30) is verdict


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        (True, True),
        (False, False),
        (MONDAY_9_30 - timedelta(hours=1), False),
        (MONDAY_9_30 + timedelta(hours=1), None),
        (MONDAY_9_30, None),
        (None, None),
    ],
    ids=["kept", "missed", "overdue", "not yet due", "due this moment", "cancelled or none"],
)
@pytest.mark.parametrize(
    ("measure", "name"), [(Measure.REPLIED_IN_TIME, "replied"), (Measure.DISPATCHED_IN_TIME, "dispatched")]
)
def test_a_limit_counts_once_it_is_kept_or_has_fallen_due(
    measure: Measure, name: str, kept: Kept, verdict: bool | None
) -> None:
    assert judge(measure, a_row(**{name: kept}), as_of=MONDAY_9_30) is verdict


def test_a_place_counts_for_the_township_around_it_and_an_unknown_one_for_none() -> None:
    rows = [a_row(place_id=place) for place in ("qh.liuquan", "qh", "gone", None)]
    made = report(rows, GroupBy.TOWNSHIP, GAZETTEER, as_of=MONDAY_9_30)
    assert [(group.key, group.tickets) for group in made.groups] == [("qh.liuquan", 1), ("", 3)]
    made = report(rows, GroupBy.DISTRICT, GAZETTEER, as_of=MONDAY_9_30)
    assert [(group.key, group.tickets) for group in made.groups] == [("qh", 2), ("", 2)]


def test_length_has_three_sizes() -> None:
    assert [length_of(n) for n in (0, 39, 40, 149, 150)] == [
        Length.SHORT,
        Length.SHORT,
        Length.MEDIUM,
        Length.MEDIUM,
        Length.LONG,
    ]


# ---- types


def _worded(row: AuditRow, worded: RequestType, confidence: float = 0.9) -> bool | None:
    (reading,) = read([row._replace(worded=worded, confidence=confidence)])
    return judge_type(Doubt.MILDER, reading, PROFILE)


@pytest.mark.parametrize(
    ("recorded", "worded", "verdict"),
    [
        (RequestType.CONSULTATION, RequestType.COMPLAINT, True),
        (RequestType.SUGGESTION, RequestType.COMPLAINT, True),
        (RequestType.HELP, RequestType.REPORT, True),
        (RequestType.COMPLAINT, RequestType.REPORT, True),
        (RequestType.COMPLAINT, RequestType.COMPLAINT, False),
        (RequestType.REPORT, RequestType.COMPLAINT, False),
        (RequestType.COMPLAINT, RequestType.CONSULTATION, None),
        (RequestType.CONSULTATION, RequestType.HELP, None),
    ],
)
def test_only_what_is_worded_as_a_complaint_or_report_can_be_recorded_too_mildly(
    recorded: RequestType, worded: RequestType, verdict: bool | None
) -> None:
    assert _worded(a_row(request_type=recorded), worded) is verdict


def test_unclear_wording_says_nothing() -> None:
    row = a_row(request_type=RequestType.CONSULTATION)
    assert _worded(row, RequestType.COMPLAINT, SURE_FROM) is True
    assert _worded(row, RequestType.COMPLAINT, SURE_FROM - 0.01) is None


@pytest.mark.parametrize(
    ("recorded", "worded", "verdict"),
    [
        (RequestType.REPORT, RequestType.COMPLAINT, True),
        (RequestType.COMPLAINT, RequestType.CONSULTATION, True),
        (RequestType.CONSULTATION, RequestType.COMPLAINT, False),
        (RequestType.HELP, RequestType.COMPLAINT, False),
        (RequestType.HELP, RequestType.HELP, False),
    ],
)
def test_a_type_whose_reply_may_take_longer_is_noticed(
    recorded: RequestType, worded: RequestType, verdict: bool
) -> None:
    (reading,) = read([a_row(request_type=recorded, worded=worded, confidence=0.9)])
    assert judge_type(Doubt.LONGER, reading, PROFILE) is verdict


@given(
    recorded=st.sampled_from(RequestType),
    worded=st.sampled_from(RequestType),
    urgency=st.sampled_from(Urgency),
    hours=st.integers(0, 24 * 300),
)
def test_which_reply_takes_longer_is_what_the_two_promises_say(
    recorded: RequestType, worded: RequestType, urgency: Urgency, hours: int
) -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=hours)
    due = [
        promise.due_at
        for kind in (recorded, worded)
        if (promise := PROFILE.promise(ClockName.REPLY, at=at, request_type=kind, urgency=urgency))
    ]
    longer = PROFILE.takes_longer(ClockName.REPLY, recorded, worded, at=at, urgency=urgency)
    assert longer is (due[0] > due[1] if len(due) == 2 else None)


def test_a_year_without_a_calendar_says_nothing_of_limits() -> None:
    row = a_row(
        request_type=RequestType.REPORT,
        worded=RequestType.COMPLAINT,
        confidence=0.9,
        received_ms=round(MONDAY_9_30.replace(year=2040).timestamp() * 1000),
    )
    (reading,) = read([row])
    assert judge_type(Doubt.LONGER, reading, PROFILE) is None


def test_the_registrars_with_the_most_doubts_stand_first_and_add_up() -> None:
    clearly = {"worded": RequestType.COMPLAINT, "confidence": 0.9}

    def registered(by_id: str, recorded: RequestType) -> AuditRow:
        return a_row(**clearly, request_type=recorded, registered_by=ActorRef(by_id, by_id, Role.OPERATOR))

    rows = [
        registered("zhou", RequestType.COMPLAINT),
        registered("li", RequestType.CONSULTATION),
        registered("li", RequestType.COMPLAINT),
        registered("wang", RequestType.CONSULTATION),
        a_row(**clearly, request_type=RequestType.CONSULTATION),
        registered("li", RequestType.HELP),
        a_row(),
        a_row(**clearly, state=State.WITHDRAWN),
    ]
    readings = read(rows)
    found = judged(readings, Doubt.MILDER, PROFILE)
    groups = by(found, registrar)
    assert [(g.key, g.rate) for g in groups] == [
        ("li", Rate(2, 3)),
        ("", Rate(1, 1)),
        ("wang", Rate(1, 1)),
        ("zhou", Rate(0, 1)),
    ]
    assert rate(found) == Rate(4, 6)


def test_every_name_of_the_audit_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    for name in (*Measure, *Doubt, *LeftOut):
        assert f"`{name.value}`" in page
    assert f"a confidence of {SURE_FROM} " in page
    assert f"at least {ENOUGH} tickets" in page
    assert f"short below {SHORT_BELOW} characters, long from {LONG_FROM}" in page
