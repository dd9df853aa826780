"""The duty list: what is in force when, which words point to which duty, and tables that must be refused."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from routing.departments import UnitId, UnitLevel, load_units
from routing.tables import InvalidTable
from routing.triage.catalogue import COLUMNS, load_duty_list, read_duty_list

DUTIES = load_duty_list()
TODAY = date(2026, 11, 2)


def write_duties(folder: Path, *lines: str) -> Path:
    path = folder / "duties.csv"
    path.write_text(",".join(COLUMNS) + "\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def pointed_to(text: str) -> set[str]:
    return {pointer.duty.id for pointer in DUTIES.pointers(text, on=TODAY)}


def test_the_demo_county_lists_at_least_150_duties_in_force() -> None:
    assert len(DUTIES.in_force(TODAY)) >= 150


def test_every_duty_belongs_to_a_unit_of_the_county_or_to_a_level_of_place() -> None:
    known = {unit.id for unit in load_units().all()}
    for duty in DUTIES.all():
        assert (duty.unit_id in known) != (duty.place_level in (UnitLevel.TOWNSHIP, UnitLevel.VILLAGE)), (
            duty.id
        )


def test_every_department_of_the_county_has_a_duty() -> None:
    performing = {duty.unit_id for duty in DUTIES.in_force(TODAY)}
    departments = [u for u in load_units().all() if u.level is UnitLevel.COUNTY and u.place_id is None]
    assert [unit.name for unit in departments if unit.id not in performing] == []


def test_every_duty_names_a_law_and_at_most_one_article() -> None:
    for duty in DUTIES.all():
        assert re.fullmatch(r"《[^《》]+》(第[一二三四五六七八九十百]+条)?", duty.legal_basis), duty.id


def test_each_topic_of_the_model_has_a_general_duty() -> None:
    for topic in ("城乡建设", "劳动和社会保障", "教育文体", "商贸旅游", "环境保护", "卫生计生", "交通运输"):
        assert DUTIES.general(topic, on=TODAY), topic


def test_a_duty_holds_from_its_first_to_its_last_day_both_included() -> None:
    duty = DUTIES.get("covid")
    assert duty.effective_to is not None
    day = timedelta(days=1)
    assert not duty.is_in_force(duty.effective_from - day)
    assert duty.is_in_force(duty.effective_from)
    assert duty.is_in_force(duty.effective_to)
    assert not duty.is_in_force(duty.effective_to + day)


def test_a_duty_out_of_force_points_nowhere_but_can_still_be_explained() -> None:
    text = "健康码变黄了怎么办"
    assert "covid" in {pointer.duty.id for pointer in DUTIES.pointers(text, on=date(2022, 5, 1))}
    assert "covid" not in pointed_to(text)
    assert DUTIES.get("covid").name == "新冠疫情防控"


def test_the_longer_word_settles_what_the_shorter_one_leaves_open() -> None:
    assert "school-bus" in pointed_to("黑校车")
    assert "illegal-taxi" not in pointed_to("黑校车")


def test_two_words_count_only_within_one_sentence() -> None:
    assert "neighbour-leak" in pointed_to("楼上的卫生间又漏水了")
    assert "neighbour-leak" not in pointed_to("楼上住着一家人。门口的水管漏水")


def test_strong_words_are_known_as_such() -> None:
    duty = DUTIES.get("street-light")
    assert "路灯" in duty.strong_terms
    assert duty.strong_terms < set(duty.terms)


def test_pointers_come_in_the_order_of_the_text() -> None:
    starts = [
        pointer.start for pointer in DUTIES.pointers("路灯不亮，井盖丢了，楼上漏水，楼上又吵", on=TODAY)
    ]
    assert len(starts) >= 4
    assert starts == sorted(starts)


def test_another_table_is_another_version(tmp_path: Path) -> None:
    line = "a,路灯维护,城乡建设,路灯!,qh.parks,,《城市道路管理条例》,2026-01-01,,"
    first = read_duty_list(write_duties(tmp_path, line))
    second = read_duty_list(write_duties(tmp_path, line.replace("qh.parks", "qh.housing")))
    assert first.version.startswith("2026-01-01+")
    assert first.version != second.version


def test_a_bad_table_names_every_bad_row_and_yields_nothing(tmp_path: Path) -> None:
    path = write_duties(
        tmp_path,
        "a,甲,城乡建设,路灯!,qh.parks,township,《某法》,2026-01-01,,",
        "b,乙,城乡建设,路灯!,,,《某法》,2026-01-01,,",
        "c,丙,城乡建设,灯!,qh.moon,,《某法》,2026-01-01,2025-01-01,",
        "d,丁,,路灯,,galaxy,,2026-02-30,,perhaps",
        "a,甲,城乡建设,路灯!,qh.parks,,《某法》,2026-06-01,,",
    )
    with pytest.raises(InvalidTable) as refused:
        read_duty_list(path, known_units=[UnitId("qh.parks")])
    assert [(error.row, error.column, error.problem) for error in refused.value.errors] == [
        (2, "unit_id", "unit_or_place_level"),
        (3, "unit_id", "unit_or_place_level"),
        (4, "effective_to", "ends_before_start"),
        (4, "terms", "too_short"),
        (4, "unit_id", "unknown"),
        (5, "effective_from", "not_a_date"),
        (5, "legal_basis", "missing"),
        (5, "place_level", "unknown"),
        (5, "topic", "missing"),
        (5, "urgent", "not_yes_or_no"),
        (6, "id", "duplicate"),
    ]


def test_a_duty_that_changed_is_explained_as_it_was_and_as_it_is(tmp_path: Path) -> None:
    duties = read_duty_list(
        write_duties(
            tmp_path,
            "a,路灯维护,城乡建设,路灯!,qh.parks,,《旧条例》,2024-01-01,2026-12-31,",
            "a,路灯维护,城乡建设,路灯!|灯杆!,qh.housing,,《新条例》,2027-01-01,,",
        )
    )
    last, first = date(2026, 12, 31), date(2027, 1, 1)
    assert duties.get("a", on=last).legal_basis == "《旧条例》"
    assert duties.get("a", on=first).legal_basis == "《新条例》"
    assert duties.get("a").legal_basis == "《新条例》"
    assert duties.get("a", on=date(2020, 1, 1)).legal_basis == "《新条例》"
    assert [pointer.duty.unit_id for pointer in duties.pointers("路灯", on=last)] == ["qh.parks"]
    assert [pointer.duty.unit_id for pointer in duties.pointers("路灯", on=first)] == ["qh.housing"]
    assert duties.pointers("灯杆", on=last) == []
