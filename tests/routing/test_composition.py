"""The unit by composition: what it knows of an invented city, and what it does with what it does not know."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from classifier.model_file import ModelDamaged
from routing.triage.composition import Composition, RankReasonKind, RoutedText
from routing.triage.composition_file import (
    composition_bytes,
    composition_from_bytes,
    read_composition,
    write_composition,
)
from routing.triage.composition_names import TOWNSHIP, NameParts, NameRules
from routing.triage.composition_regions import regions_of
from routing.triage.composition_texts import ridge
from routing.triage.composition_training import (
    NotEnoughData,
    cross_validate_composition,
    folds_of,
    learn_composition,
    measure_composition,
)
from tests.routing.made_up_dispatches import METRO, dispatches, office, town_government

NOW = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
WILLOW = town_government("城东区", "柳桥镇")
TEA = town_government("河西区", "茶亭镇")


@pytest.fixture(scope="module")
def composition() -> Composition:
    return learn_composition(dispatches(300), now=NOW).composition


def first(composition: Composition, text: str, place: str | None) -> str:
    return composition.rank(text, place)[0].department


@pytest.mark.parametrize("place", ["城东区", "城东", "云州市城东区", " 城东区 ", "云州市城东区解放路100号"])
def test_a_place_is_understood_however_it_is_named(composition: Composition, place: str) -> None:
    assert first(composition, "孩子上学\n孩子上小学没有学位", place) == office("城东区", "教育局")


def test_the_same_words_at_another_place_go_to_that_places_office(composition: Composition) -> None:
    matter = "公交线路\n公交车班次太少，等很久"
    assert first(composition, matter, "城东区") == office("城东区", "交通委员会")
    assert first(composition, matter, "河西区") == office("河西区", "交通委员会")


def test_a_road_that_was_answered_before_leads_to_its_town(composition: Composition) -> None:
    assert first(composition, "小区物业不作为\n柳荫路8号的小区物业不作为", "城东区") == WILLOW
    assert first(composition, "小区物业不作为\n采石路8号的小区物业不作为", "城东区") != WILLOW


@pytest.mark.parametrize("place", ["茶亭镇", "河西区茶亭镇", "茶亭"])
def test_a_town_given_as_the_place_names_its_government(composition: Composition, place: str) -> None:
    assert first(composition, "楼道堆满杂物\n楼道堆满杂物没人管", place) == TEA


def test_a_town_named_in_the_text_is_a_reason(composition: Composition) -> None:
    best = composition.rank("小区停车位不够\n茶亭镇的小区停车位不够", "河西区")[0]
    assert best.department == TEA
    assert (RankReasonKind.NAMED, ("茶亭",)) in [(reason.kind, reason.words) for reason in best.reasons]


def test_what_belongs_to_the_city_is_found_by_its_own_name_or_its_level(composition: Composition) -> None:
    for place in ("市级", "云州市"):
        assert first(composition, "地铁票价\n地铁票价太高", place) == METRO


@pytest.mark.parametrize("place", [None, "", "火星", "　"])
def test_without_a_known_place_all_regions_are_weighed(composition: Composition, place: str | None) -> None:
    ranked = composition.rank("孩子上学\n孩子上小学没有学位", place)
    assert {unit.department for unit in ranked[:2]} == {
        office("城东区", "教育局"),
        office("河西区", "教育局"),
    }
    assert all(reason.kind is not RankReasonKind.PLACE for reason in ranked[0].reasons)
    sure = composition.rank("孩子上学\n孩子上小学没有学位", "城东区")[0].confidence
    assert ranked[0].confidence < sure


@pytest.mark.parametrize("text", ["", "你好", "？？？", "\n", "🙂" * 50, "a" * 5000])
def test_a_text_that_says_nothing_is_ranked_without_certainty(composition: Composition, text: str) -> None:
    for place in ("城东区", None):
        ranked = composition.rank(text, place)
        assert 1 <= len(ranked) <= 3
        assert ranked[0].confidence < 0.75


def test_confidences_are_ordered_and_leave_room_for_each_other(composition: Composition) -> None:
    for row in dispatches(60, seed=11):
        for place in (row.place, None):
            confidences = [unit.confidence for unit in composition.rank(row.text, place)]
            assert confidences == sorted(confidences, reverse=True)
            assert confidences[-1] >= 0
            assert sum(confidences) <= 1 + 1e-9


def test_precedents_count_among_the_nearest_texts(composition: Composition) -> None:
    best = composition.rank("孩子上学\n孩子上小学学位不够", "城东区")[0]
    counted = [reason for reason in best.reasons if reason.kind is RankReasonKind.PRECEDENT]
    assert counted
    assert 0 < counted[0].count <= counted[0].of <= 10


def test_new_texts_are_ranked_well_and_unseen_units_count_as_wrong(composition: Composition) -> None:
    rows = dispatches(120, seed=23)
    told, untold = measure_composition(composition, rows)
    assert told.accuracy > 0.85
    assert untold.accuracy <= told.accuracy
    unseen = [replace(row, department="云州市城东区气象局") for row in rows]
    assert measure_composition(composition, unseen)[0].top3 == 0


def test_cross_validation_tells_every_text_once() -> None:
    rows = dispatches(120, seed=5)
    told, untold = cross_validate_composition(rows, now=NOW)
    assert told.rows == untold.rows == 120
    assert told.accuracy > 0.7


def test_folds_keep_near_duplicates_on_one_side() -> None:
    groups = np.array([0, 0, 1, 2, 2, 2, 3, 4, 5, 6])
    folds = folds_of(groups)
    assert sorted(np.concatenate(folds).tolist()) == list(range(10))
    for group in set(groups.tolist()):
        assert sum(group in groups[fold] for fold in folds) == 1
    with pytest.raises(NotEnoughData):
        folds_of(np.zeros(4, dtype=np.int64))


def test_scores_without_a_group_are_those_of_a_regression_that_never_saw_it() -> None:
    random = np.random.default_rng(4)
    values, targets = random.normal(size=(12, 5)), random.normal(size=(12, 2))
    groups = np.array([0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 7])
    kernel = values @ values.T
    _, scores = ridge(kernel.copy(), targets, groups, shrinkage=0.3)
    for group in range(8):
        out, kept = groups == group, groups != group
        learned = np.linalg.solve(kernel[np.ix_(kept, kept)] + 0.3 * np.eye(kept.sum()), targets[kept])
        assert np.allclose(scores[out], kernel[np.ix_(out, kept)] @ learned)


def test_units_may_be_ids_with_a_function_and_names_from_a_table() -> None:
    names = {"east": "城东区", "west": "河西区"}
    ids = {name: place for place, name in names.items()}
    rows = []
    for row in dispatches(200, seed=8):
        kind = "township" if row.department.endswith(("人民政府", "办事处")) else row.department[-6:]
        names[f"unit{abs(hash(row.department))}"] = row.department
        unit = f"unit{abs(hash(row.department))}"
        rows.append(RoutedText(row.text, unit, ids.get(row.place or ""), kind))
    learned = learn_composition(rows, now=NOW, names=names).composition
    assert names[first(learned, "孩子上学\n孩子上小学没有学位", "east")] == office("城东区", "教育局")
    assert names[first(learned, "楼道堆满杂物", "茶亭镇")] == TEA


def test_one_county_is_one_region_in_which_the_place_still_counts() -> None:
    rows = []
    for number, row in enumerate(dispatches(240, seed=9)):
        town = ["north", "south"][number % 2]
        unit = f"town-{town}" if row.department.endswith(("人民政府", "办事处")) else "county-office"
        rows.append(RoutedText(row.text, unit, town, "township" if unit.startswith("town-") else "office"))
    assert regions_of(rows) == [("north", "south")]
    learned = learn_composition(rows, now=NOW).composition
    assert first(learned, "楼道堆满杂物\n楼道堆满杂物没人管", "north") == "town-north"
    assert first(learned, "楼道堆满杂物\n楼道堆满杂物没人管", "south") == "town-south"
    assert first(learned, "地铁票价太高\n地铁票价太高", "south") == "county-office"


def test_a_stray_text_joins_no_regions_but_its_unit_is_still_known() -> None:
    rows = dispatches(200, seed=6)
    school = next(at for at, row in enumerate(rows) if row.department == office("城东区", "教育局"))
    rows[school] = replace(rows[school], place="河西区")
    assert len(regions_of(rows)) == 3
    assert office("城东区", "教育局") in learn_composition(rows, now=NOW).composition.departments


def test_texts_without_any_place_are_one_region() -> None:
    rows = [replace(row, place=None) for row in dispatches(150, seed=12)]
    learned = learn_composition(rows, now=NOW).composition
    assert first(learned, "地铁票价太高\n地铁票价太高", "城东区") == METRO


def test_one_unit_alone_teaches_nothing() -> None:
    with pytest.raises(NotEnoughData):
        learn_composition([RoutedText("路灯坏了", "城管局"), RoutedText("井盖坏了", "城管局")], now=NOW)


def test_two_texts_of_two_units_are_the_least() -> None:
    learned = learn_composition([RoutedText("路灯坏了", "城管局"), RoutedText("学位不够", "教育局")], now=NOW)
    assert {unit.department for unit in learned.composition.rank("路灯坏了")} == {"城管局", "教育局"}


@pytest.mark.parametrize(
    ("name", "place", "parts"),
    [
        ("云州市城东区教育局", "城东区", NameParts("教育局", "")),
        ("云州市城东区教育局", None, NameParts("教育局", "")),
        ("云州市教育局", "市级", NameParts("教育局", "")),
        ("云州市市场监督管理局", None, NameParts("市场监督管理局", "")),
        ("云州市城东区柳桥镇人民政府", "城东区", NameParts(TOWNSHIP, "柳桥")),
        ("云州市城东区人民政府白鹭街道办事处", "城东区", NameParts(TOWNSHIP, "白鹭")),
        ("云州市河西区唐镇人民政府", "河西区", NameParts(TOWNSHIP, "唐镇")),
        ("城东区", "城东区", NameParts("城东区", "")),
        ("qh.education", "qh.town", NameParts("qh.education", "")),
    ],
)
def test_a_name_is_read_without_a_gazetteer(name: str, place: str | None, parts: NameParts) -> None:
    rules = NameRules.learn([f"云州市{office}" for office in ("教育局", "民政局", "水务局", "城东区教育局")])
    assert rules.parts(name, place) == parts


def test_the_file_gives_the_same_composition_back(composition: Composition, tmp_path: Path) -> None:
    path = tmp_path / "units.composition"
    write_composition(path, composition)
    again = read_composition(path)
    assert again.card == composition.card
    assert again.departments == composition.departments
    for row in dispatches(40, seed=31):
        for place in (row.place, None):
            assert composition.rank(row.text, place) == again.rank(row.text, place)
    assert composition_bytes(again) == path.read_bytes()


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "foreign", "other_version"])
def test_a_harmed_file_is_refused(composition: Composition, tmp_path: Path, harm: str) -> None:
    path = tmp_path / "units.composition"
    write_composition(path, composition)
    content = path.read_bytes()
    if harm == "other_version":
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["manifest.json"] = members["manifest.json"].replace(b'"format":1', b'"format":0')
        with zipfile.ZipFile(path, "w") as archive:
            for name, member in members.items():
                archive.writestr(name, member)
        content = path.read_bytes()
    middle = len(content) // 2
    harmed = {
        "cut": content[:middle],
        "flipped": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
        "empty": b"",
        "foreign": b"\x80\x04K\x01.",
        "other_version": content,
    }[harm]
    with pytest.raises(ModelDamaged):
        composition_from_bytes(harmed)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged):
        read_composition(tmp_path / "none.composition")
