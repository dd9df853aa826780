"""Points, ranks and lists on figures small enough to check by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from routing.departments import UnitId, load_units
from routing.figures.counting import Figure, FigureName
from routing.figures.scores import (
    PeerGroup,
    ScoreProfileInvalid,
    load_peers,
    load_score_profile,
    peers_by_level,
    rank,
    score_profile_names,
)

A, B, C, D = (UnitId(name) for name in "ABCD")
PEERS = [PeerGroup("部门", (A, B, C, D))]


COUNTY = replace(load_score_profile("county"), least=1)
RATES = replace(load_score_profile("equal-rates"), least=1, least_available=0)
"""The shipped profiles over samples small enough to check by hand."""


def figures(**terms: tuple[int, int]) -> dict[FigureName, Figure]:
    return {FigureName(name): Figure(FigureName(name), n, d) for name, (n, d) in terms.items()}


def test_the_county_profile_adds_up_to_its_parts_and_deductions() -> None:
    groups = {
        A: figures(
            closed=(50, 100),
            first_contact_on_time=(9, 10),
            solved=(3, 4),
            satisfied=(8, 10),
            overdue_open=(4, 9),
            unreasonable_returns=(7, 100),
        ),
        B: figures(closed=(50, 50), first_contact_on_time=(1, 2)),
    }
    (ranking,) = rank(replace(COUNTY, least_available=0), groups, PEERS)
    first, second = ranking.scores[0], ranking.scores[1]
    # 5 x 100/100 + 30 x 0.9 + 20 x 0.75 + 40 x 0.8, less 4 x 0.5 and less 5 (7 returns, 5 at the most).
    assert (first.unit_id, first.parts, first.earned, first.deducted) == (A, (5, 27, 15, 32), 79, 7)
    assert (first.available, first.share, first.rank) == (95, 72 / 95, 1)
    # What nobody was asked is blank: 2.5 of 5 and 15 of 30, of 35 points to be had.
    assert (second.parts, second.available, second.share) == ((2.5, 15, None, None), 35, 0.5)


def test_a_unit_with_nothing_to_count_is_blank_and_not_last() -> None:
    (ranking,) = rank(RATES, {A: figures(solved=(0, 3))}, PEERS)
    assert [(s.unit_id, s.rank, s.share) for s in ranking.scores] == [
        (A, 1, 0.0),
        (B, None, None),
        (C, None, None),
        (D, None, None),
    ]


def test_equal_shares_take_the_same_place() -> None:
    groups = {unit: figures(solved=(n, 4)) for unit, n in ((A, 2), (B, 4), (C, 2), (D, 1))}
    (ranking,) = rank(RATES, groups, PEERS)
    assert [(s.unit_id, s.rank) for s in ranking.scores] == [(B, 1), (A, 2), (C, 2), (D, 4)]


def test_the_best_are_praised_and_the_worst_named_only_when_they_are_bad() -> None:
    groups = {unit: figures(solved=(n, 100)) for unit, n in ((A, 99), (B, 98), (C, 97), (D, 79))}
    (ranking,) = rank(RATES, groups, PEERS)
    assert (ranking.red, ranking.black) == ((A, B, C), (D,))
    (alone,) = rank(RATES, {A: groups[A]}, PEERS)
    assert (alone.red, alone.black) == ((), ())


def test_who_ties_at_the_cut_of_a_list_is_on_it_with_the_others() -> None:
    thousands = {unit: figures(solved=(n, 100)) for unit, n in ((A, 99), (B, 70), (C, 99), (D, 70))}
    (ranking,) = rank(replace(RATES, red=1, black=1), thousands, PEERS)
    assert ranking.red == (A, C)
    assert set(ranking.black) == {B, D}
    (alike,) = rank(RATES, {unit: figures(solved=(9, 10)) for unit in (A, B, C, D)}, PEERS)
    assert (alike.red, alike.black) == ((), ())
    assert {s.rank for s in alike.scores} == {1}


def test_one_easy_ticket_wins_no_place_before_a_thousand() -> None:
    busy = {
        "closed": (965, 1000),
        "first_contact_on_time": (965, 1000),
        "solved": (190, 200),
        "satisfied": (190, 200),
    }
    one = figures(closed=(1, 1), first_contact_on_time=(1, 1))
    groups = {A: one, **{unit: figures(**busy) for unit in (B, C)}}
    (ranking,) = rank(load_score_profile("county"), groups, PEERS)
    assert [(s.unit_id, s.rank, s.too_few) for s in ranking.scores] == [
        (B, 1, False),
        (C, 1, False),
        (A, None, True),
        (D, None, False),
    ]
    assert ranking.scores[2].share is None
    assert A not in (*ranking.red, *ranking.black)


def test_a_single_citizens_word_earns_and_costs_nothing() -> None:
    least = load_score_profile("county").least
    terms = {"closed": (50, 50), "first_contact_on_time": (50, 50), "solved": (50, 50)}
    (ranking,) = rank(
        load_score_profile("county"),
        {A: figures(**terms, satisfied=(0, least - 1)), B: figures(**terms, satisfied=(0, least))},
        PEERS,
    )
    found = {s.unit_id: s.parts[3] for s in ranking.scores}
    assert (found[A], found[B]) == (None, 0)


def test_the_published_three_rates_weigh_30_35_and_35() -> None:
    profile = load_score_profile("three-rates")
    assert [(p.figure, p.points) for p in profile.parts] == [
        (FigureName.RESPONDED, 30),
        (FigureName.REALLY_SOLVED, 35),
        (FigureName.SATISFIED_WEIGHTED, 35),
    ]


@pytest.mark.parametrize("name", score_profile_names())
def test_every_shipped_profile_can_be_read(name: str) -> None:
    profile = load_score_profile(name)
    assert profile.title
    assert sum(part.points for part in profile.parts) > 0


@pytest.mark.parametrize(
    "text",
    [
        'title = "x"\nversion = "1"\nparts = []',
        'title = "x"\nversion = "1"\nparts = [{ figure = "nothing", points = 1 }]',
        'title = "x"\nversion = "1"\nparts = [{ figure = "solved", points = 1 }]\nbonus = 3',
        'title = "x"\nparts = [{ figure = "solved", points = 1 }]',
    ],
    ids=["no parts", "unknown figure", "unknown entry", "no version"],
)
def test_a_profile_that_says_what_cannot_be_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScoreProfileInvalid, match=r"own\.toml"):
        load_score_profile("own", extra=tmp_path)


def test_peers_are_data_or_the_levels_of_government(tmp_path: Path) -> None:
    file = tmp_path / "peers.toml"
    file.write_text('[[groups]]\ntitle = "窗口单位"\nunits = ["A", "B"]\n', encoding="utf-8")
    assert load_peers(file) == (PeerGroup("窗口单位", (A, B)),)
    file.write_text('[[groups]]\ntitle = "x"\nunits = ["A", "A"]\n', encoding="utf-8")
    with pytest.raises(ScoreProfileInvalid, match="A"):
        load_peers(file)
    units = load_units()
    groups = peers_by_level(units, {"county": "县级部门"})
    assert sum(len(group.units) for group in groups) == len(units.all())
    assert "县级部门" in {group.title for group in groups}
