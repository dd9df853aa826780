"""Triage with what past dispatches say: two witnesses decide, a contradiction stops the machine, a gate too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.model import Classification
from routing.departments import UnitId, Units, load_units
from routing.places.gazetteer import load_gazetteer
from routing.triage.automation import Gate
from routing.triage.catalogue import DutyList, load_duty_list
from routing.triage.deciding import STARTER_TOPICS, ReasonKind, ReasonSource, TriageDecision, decide
from routing.triage.precedents import PrecedentShare, PrecedentSummary

UNITS, GAZETTEER, DUTIES = load_units(), load_gazetteer(), load_duty_list()
TODAY = date(2026, 11, 16)
CITY, PARKS, HOUSING, MARKET = "qh.urban-management", "qh.parks", "qh.housing", "qh.market"
LIUQUAN, SHIQIAO = "qh.liuquan.government", "qh.shiqiao.government"
UNSURE = Classification("商贸旅游", 0.4, True, (), ())


@dataclass(frozen=True)
class Ranked:
    department: str
    confidence: float


def similar(*shares: tuple[str, int]) -> PrecedentSummary:
    found = tuple(
        PrecedentShare(UnitId(unit), count, tuple(f"HY26110{at}{n:04}" for n in range(min(count, 5))))
        for at, (unit, count) in enumerate(shares)
    )
    return PrecedentSummary(sum(count for _, count in shares), found)


def sure_of(topic: str, confidence: float = 0.97) -> Classification:
    return Classification(topic, confidence, False, (), ())


def triage(
    text: str,
    *,
    topic: Classification = UNSURE,
    place: str | None = None,
    learned: tuple[Ranked, ...] = (),
    precedents: PrecedentSummary | None = None,
    gate: Gate | None = None,
    units: Units = UNITS,
    duties: DutyList = DUTIES,
    on: date = TODAY,
) -> TriageDecision:
    return decide(
        text,
        place=place,
        topic=topic,
        duties=duties,
        units=units,
        gazetteer=GAZETTEER,
        on=on,
        learned=learned,
        precedents=precedents,
        gate=gate or Gate(),
    )


def kinds(decision: TriageDecision) -> set[ReasonKind]:
    return {reason.kind for reason in decision.why}


LAMP = "路灯坏了"


@pytest.mark.parametrize(
    ("learned", "precedents", "automatic", "why"),
    [
        ((), None, False, "one word and an unsure topic"),
        ((Ranked(CITY, 0.6),), None, True, "the learned unit is the second witness"),
        ((Ranked(CITY, 0.59),), None, False, "too unsure to be one"),
        ((), similar((CITY, 4), (PARKS, 1)), True, "precedents are the second witness"),
        ((), similar((CITY, 4)), False, "too few to be one"),
        ((), similar((CITY, 5), (PARKS, 5)), False, "of two minds"),
    ],
)
def test_words_need_a_second_witness(
    learned: tuple[Ranked, ...], precedents: PrecedentSummary | None, automatic: bool, why: str
) -> None:
    decision = triage(LAMP, learned=learned, precedents=precedents)
    assert decision.candidates[0].unit_id == CITY
    assert decision.automatic is automatic, (why, decision.why)


@pytest.mark.parametrize(
    ("learned", "precedents", "kind"),
    [
        ((Ranked(PARKS, 0.8),), None, ReasonKind.LEARNED_DISAGREES),
        ((), similar((PARKS, 7), (CITY, 1)), ReasonKind.PRECEDENTS_DISAGREE),
    ],
)
def test_history_that_speaks_for_another_unit_stops_the_machine(
    learned: tuple[Ranked, ...], precedents: PrecedentSummary | None, kind: ReasonKind
) -> None:
    topic = sure_of("城乡建设")
    assert triage(LAMP, topic=topic).automatic
    decision = triage(LAMP, topic=topic, learned=learned, precedents=precedents)
    assert not decision.automatic
    assert kind in kinds(decision)
    assert PARKS in [candidate.unit_id for candidate in decision.candidates]


def test_a_unit_of_model_and_precedents_needs_no_duty_unless_a_strong_word_speaks_against_it() -> None:
    text, past = "楼前那个东西三个月没人来弄", similar((PARKS, 6))
    assert not triage(text, learned=(Ranked(PARKS, 0.96),), precedents=past).automatic
    certain = triage(text, learned=(Ranked(PARKS, 0.98),), precedents=past)
    assert certain.chosen is not None
    assert certain.chosen.unit_id == PARKS
    assert {r.kind for r in certain.chosen.reasons} == {ReasonKind.LEARNED, ReasonKind.PRECEDENTS}
    assert not triage(f"{LAMP}，{text}", learned=(Ranked(PARKS, 0.98),), precedents=past).automatic


def test_a_unit_model_alone_is_not_believed_however_certain() -> None:
    assert not triage("蜜蜂养殖补贴怎么申请", learned=(Ranked(PARKS, 0.999),)).automatic


def test_a_certain_township_must_govern_the_place_in_question() -> None:
    text, certain, past = "门前那条沟没人来弄", (Ranked(LIUQUAN, 0.99),), similar((LIUQUAN, 6))
    assert triage(text, learned=certain, precedents=past, place="双井村").automatic
    assert not triage(text, learned=certain, precedents=past, place="桥头村").automatic
    assert ReasonKind.PLACE_UNKNOWN in kinds(triage(text, learned=certain, precedents=past))


def test_what_another_township_did_for_its_people_speaks_for_ours() -> None:
    decision = triage("有人在地里烧秸秆", place="双井村", precedents=similar((SHIQIAO, 6)))
    assert decision.chosen is not None
    assert decision.chosen.unit_id == LIUQUAN
    assert (ReasonKind.PRECEDENTS_ELSEWHERE, "6、6") in {(r.kind, r.detail) for r in decision.chosen.reasons}


def test_a_candidate_names_the_similar_tickets_it_answered() -> None:
    summary = similar((CITY, 4), (PARKS, 2))
    decision = triage("楼前那个东西三个月没人来弄", precedents=summary)
    named = {candidate.unit_id: candidate.precedents for candidate in decision.candidates}
    assert named[UnitId(CITY)] == summary.shares[0].numbers
    assert named[UnitId(PARKS)] == summary.shares[1].numbers


def test_every_reason_has_its_source() -> None:
    decision = triage(
        LAMP, topic=sure_of("城乡建设"), learned=(Ranked(CITY, 0.7),), precedents=similar((CITY, 5))
    )
    sources = {reason.kind: reason.source for reason in decision.candidates[0].reasons}
    assert sources == {
        ReasonKind.DUTY: ReasonSource.RULE,
        ReasonKind.WORDS: ReasonSource.RULE,
        ReasonKind.TOPIC: ReasonSource.MODEL,
        ReasonKind.LEARNED: ReasonSource.MODEL,
        ReasonKind.PRECEDENTS: ReasonSource.PRECEDENT,
    }


def test_units_nobody_knows_any_more_say_nothing() -> None:
    plain = triage(LAMP, topic=sure_of("城乡建设"))
    gone = triage(
        LAMP,
        topic=sure_of("城乡建设"),
        learned=(Ranked("qh.dissolved", 0.99),),
        precedents=similar(("qh.dissolved", 9)),
    )
    assert [c.unit_id for c in gone.candidates] == [c.unit_id for c in plain.candidates]
    assert gone.automatic


def test_the_duty_of_a_dissolved_unit_goes_to_its_successor_from_that_day_on() -> None:
    merged_on = date(2026, 6, 1)
    units = Units(
        replace(unit, valid_until=date(2026, 5, 31), successor_id=UnitId(HOUSING))
        if unit.id == CITY
        else unit
        for unit in UNITS.all()
    )
    topic = sure_of("城乡建设")
    before = triage(LAMP, topic=topic, units=units, on=date(2026, 5, 31))
    after = triage(LAMP, topic=topic, units=units, on=merged_on)
    assert before.chosen is not None
    assert before.chosen.unit_id == CITY
    assert after.chosen is not None
    assert after.chosen.unit_id == HOUSING
    assert after.chosen.legal_basis == before.chosen.legal_basis
    assert ReasonKind.SUCCESSOR in {reason.kind for reason in after.chosen.reasons}
    named = triage("县城管执法局的人态度恶劣", units=units, on=merged_on)
    assert CITY not in [candidate.unit_id for candidate in named.candidates]


# ---- clear words


@pytest.mark.parametrize(
    ("text", "topic", "automatic", "why"),
    [
        ("夜间施工噪音太大", UNSURE, True, "two words of one duty, nothing else"),
        ("路灯坏了", UNSURE, False, "a single word, however strong"),
        ("路灯不亮", UNSURE, False, "路灯 within 路灯不亮 is no second word"),
        ("夜间施工噪音太大", sure_of("教育文体", 0.95), False, "the model is sure of something else"),
        ("夜间施工噪音太大", sure_of("教育文体", 0.85), True, "the model is not sure enough to object"),
        ("夜间施工噪音太大，健身器材坏了", UNSURE, False, "another unit has words as well"),
        ("低保户申请低保", UNSURE, False, "a topic the model does not know"),
    ],
)
def test_words_alone_are_enough_when(text: str, topic: Classification, automatic: bool, why: str) -> None:
    decision = triage(text, topic=topic)
    assert decision.automatic is automatic, (why, decision.why)
    assert (ReasonKind.CLEAR_WORDS in kinds(decision)) is automatic


# ---- the gate


def test_a_tightened_gate_asks_for_more_and_says_why() -> None:
    tight = Gate(tightened_by=0.1, why="近两周误派偏多")
    assert triage(LAMP, topic=sure_of("城乡建设", 0.75)).automatic
    doubted = triage(LAMP, topic=sure_of("城乡建设", 0.75), gate=tight)
    assert not doubted.automatic
    assert (ReasonKind.GATE_TIGHTENED, "近两周误派偏多") in {(r.kind, r.detail) for r in doubted.why}
    assert triage(LAMP, topic=sure_of("城乡建设", 0.81), gate=tight).automatic
    assert not triage("夜间施工噪音太大", gate=tight).automatic
    assert not triage(
        "那个东西没人来弄", learned=(Ranked(PARKS, 0.98),), gate=Gate(tightened_by=0.02)
    ).automatic


@pytest.mark.parametrize("stopped", ["城乡建设", CITY])
def test_a_stopped_topic_or_unit_is_always_left_to_a_person(stopped: str) -> None:
    decision = triage(LAMP, topic=sure_of("城乡建设"), gate=Gate(stopped=frozenset({stopped})))
    assert not decision.automatic
    assert ReasonKind.GATE_STOPPED in kinds(decision)
    assert triage(
        LAMP, topic=sure_of("城乡建设"), gate=Gate(stopped=frozenset({"教育文体", PARKS}))
    ).automatic


IDS = [str(unit.id) for unit in UNITS.all()]
TEXTS = st.lists(
    st.sampled_from(
        ["路灯坏了", "夜间施工", "噪音", "油烟", "秸秆", "李家庄", "双井村", "县民政局", "望川区", "，"]
    ),
    max_size=5,
).map("".join)
LEARNED = st.lists(
    st.builds(Ranked, st.sampled_from([*IDS, "qh.dissolved"]), st.floats(0, 1)), max_size=3
).map(tuple)
PRECEDENTS = st.none() | st.lists(
    st.tuples(st.sampled_from([*IDS, "qh.dissolved"]), st.integers(1, 10)),
    min_size=1,
    max_size=3,
    unique_by=lambda s: s[0],
).map(lambda shares: similar(*shares))
TOPICS = st.builds(
    Classification,
    st.sampled_from([*sorted(STARTER_TOPICS), "民政"]),
    st.floats(0, 1),
    st.booleans(),
    st.just(()),
    st.just(()),
)
GATES = st.builds(
    Gate, tightened_by=st.floats(0, 0.5), stopped=st.sets(st.sampled_from([*IDS, "城乡建设"])).map(frozenset)
)


@given(text=TEXTS, topic=TOPICS, learned=LEARNED, precedents=PRECEDENTS, gate=GATES)
def test_whatever_history_says_there_is_an_order_and_the_gate_holds(
    text: str,
    topic: Classification,
    learned: tuple[Ranked, ...],
    precedents: PrecedentSummary | None,
    gate: Gate,
) -> None:
    decision = triage(text, topic=topic, learned=learned, precedents=precedents, gate=gate)
    scores = [candidate.score for candidate in decision.candidates]
    assert scores == sorted(scores, reverse=True)
    assert decision.why
    assert all(candidate.reasons for candidate in decision.candidates)
    if decision.chosen is not None:
        assert decision.chosen.unit_id not in gate.stopped
        assert topic.label not in gate.stopped
        assert not gate.tightened_by or ReasonKind.CLEAR_WORDS not in kinds(decision)
        against = max(
            (r.confidence for r in learned if r.department not in (decision.chosen.unit_id, "qh.dissolved")),
            default=0,
        )
        assert against < 0.8


def test_a_unit_that_ended_without_a_successor_sends_nothing_to_the_last_resort_by_itself() -> None:
    """Its past dispatches say who answered then, and nothing about who does today."""
    units = Units(
        replace(unit, valid_until=date(2026, 5, 31)) if unit.id == PARKS else unit for unit in UNITS.all()
    )
    decision = triage(
        "请问这件事归谁管",
        learned=(Ranked(PARKS, 0.995),),
        precedents=similar((PARKS, 30)),
        units=units,
    )
    assert not decision.automatic
    assert all(not candidate.precedents for candidate in decision.candidates)
