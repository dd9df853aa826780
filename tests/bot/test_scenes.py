"""Scenes: found by whoever scans, cached, over in time, and never a stranger's to name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.followers.scene_codes import SceneDesk
from bot.followers.scene_sheet import read_scene_sheet
from bot.followers.scenes import SceneCode, SceneInvalid, ScenePlace, Scenes
from bot.simulator.codes import Codes
from routing.departments import load_units
from routing.mongo_store import Database
from routing.tables import InvalidTable
from tests.factories import MONDAY_9_30

HALL = ScenePlace("hall-3", "政务大厅3号窗口", "清和县政务服务大厅3号窗口", "qh.market")
DAY = timedelta(days=1)


def code(place: ScenePlace = HALL, *, account: str = "county", days: int | None = None) -> SceneCode:
    expires_at = MONDAY_9_30 + days * DAY if days else None
    return SceneCode(account=account, place=place, made_at=MONDAY_9_30, made_by="某人", expires_at=expires_at)


class Platform:
    """The simulated platform's codes behind the client's call."""

    def __init__(self) -> None:
        self.codes = Codes(owner="gh_1", clock=lambda: MONDAY_9_30)
        self.made = 0

    async def call(
        self, path: str, payload: Mapping[str, object], *, idempotent: bool = False
    ) -> dict[str, object]:
        assert path == "/cgi-bin/qrcode/create"
        assert not idempotent, "each try of a permanent code counts"
        self.made += 1
        return self.codes.create(dict(payload))

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, object]:
        raise AssertionError(path)


@pytest.fixture
async def scenes(database: Database) -> Scenes:
    made = Scenes(database)
    await made.prepare()
    return made


async def test_a_scanned_scene_gives_the_place_it_hangs_at(scenes: Scenes) -> None:
    await scenes.put([code()])
    assert await scenes.find("county", "hall-3", now=MONDAY_9_30) == HALL
    assert await scenes.find("county", "hall-4", now=MONDAY_9_30) is None
    assert await scenes.find("market", "hall-3", now=MONDAY_9_30) is None, "scenes are an account's own"


async def test_a_temporary_code_ends(scenes: Scenes) -> None:
    await scenes.put([code(days=7)])
    assert await scenes.find("county", "hall-3", now=MONDAY_9_30 + 7 * DAY - timedelta(seconds=1)) == HALL
    assert await scenes.find("county", "hall-3", now=MONDAY_9_30 + 7 * DAY) is None


async def test_a_changed_place_is_seen_within_half_a_minute(database: Database) -> None:
    at = [0.0]
    scanned, edited = Scenes(database, monotonic=lambda: at[0]), Scenes(database)
    await edited.put([code()])
    assert await scanned.find("county", "hall-3", now=MONDAY_9_30) == HALL
    moved = replace(HALL, place="清和县政务服务大厅二楼")
    await edited.put([code(moved)])
    assert await scanned.find("county", "hall-3", now=MONDAY_9_30) == HALL, "from the cache"
    at[0] = 31
    assert await scanned.find("county", "hall-3", now=MONDAY_9_30) == moved


@pytest.mark.parametrize("scene", ["", "x" * 65, "$where", "hall 3", "大厅", "a.b"])
async def test_what_could_be_no_scene_of_ours_is_not_even_looked_up(scenes: Scenes, scene: str) -> None:
    assert await scenes.find("county", scene, now=MONDAY_9_30) is None
    assert not scenes._cache


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scene": "大厅"}, "scene"),
        ({"label": ""}, "label"),
        ({"label": "字" * 41}, "label"),
        ({"place": ""}, "place"),
        ({"place": "一楼\n二楼"}, "label"),
    ],
)
async def test_a_scene_no_chat_could_carry_is_refused_and_nothing_is_kept(
    scenes: Scenes, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(SceneInvalid) as refused:
        await scenes.put([code(), code(replace(HALL, **wrong))])
    assert refused.value.field == field
    assert await scenes.of("county") == []


async def test_a_code_is_made_once_and_only_its_words_change_afterwards(scenes: Scenes) -> None:
    platform = Platform()
    desk = SceneDesk("county", platform, scenes)
    first, made = await desk.add(HALL, days=None, by="某人", now=MONDAY_9_30)
    assert made
    assert first.expires_at is None
    moved = replace(HALL, place="清和县政务服务大厅二楼")
    second, made_again = await desk.add(moved, days=None, by="别人", now=MONDAY_9_30 + DAY)
    assert not made_again
    assert platform.made == 1
    assert (second.ticket, second.place) == (first.ticket, moved)
    assert await scenes.find("county", "hall-3", now=MONDAY_9_30) == moved


async def test_a_temporary_code_is_made_anew_on_its_last_day(scenes: Scenes) -> None:
    platform = Platform()
    desk = SceneDesk("county", platform, scenes)
    await desk.add(HALL, days=7, by="某人", now=MONDAY_9_30)
    await desk.add(HALL, days=7, by="某人", now=MONDAY_9_30 + 5 * DAY)
    assert platform.made == 1
    await desk.add(HALL, days=7, by="某人", now=MONDAY_9_30 + 6.5 * DAY)
    assert platform.made == 2
    await desk.add(HALL, days=None, by="某人", now=MONDAY_9_30 + 6.5 * DAY)
    assert platform.made == 3, "who asks for a permanent one is not given one that ends"


SHEET = "场景,名称,地点,单位,有效天数\n"
UNITS = [(unit.id, unit.name, unit.short_name) for unit in load_units().all()]


def test_a_sheet_of_places_is_read(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text(
        f"{SHEET}hall-3,3号窗口,政务服务大厅,县市场监管局,\nst-1,人民路,人民路,,30\n", encoding="utf-8"
    )
    hall, street = read_scene_sheet(file, units=UNITS)
    assert (hall.place.unit_id, hall.days) == ("qh.market", None)
    assert (street.place, street.days) == (ScenePlace("st-1", "人民路", "人民路"), 30)


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("hall 3,3号窗口,大厅,,", "scene", "用 1 到 64 个字母"),
        (",3号窗口,大厅,,", "scene", "missing"),
        ("hall-3,,大厅,,", "label", "missing"),
        ("hall-3,3号窗口,大厅,县火星局,", "unit", "unknown"),
        ("hall-3,3号窗口,大厅,,31", "days", "1 到 30"),
        ("hall-3,3号窗口,大厅,,永久", "days", "1 到 30"),
        ("hall-3,3号窗口,大厅,,\nhall-3,4号窗口,大厅,,", "scene", "duplicate"),
    ],
)
def test_every_bad_cell_of_a_sheet_is_named(tmp_path: Path, line: str, column: str, problem: str) -> None:
    file = tmp_path / "codes.csv"
    file.write_text(f"{SHEET}{line}\n", encoding="utf-8")
    with pytest.raises(InvalidTable) as refused:
        read_scene_sheet(file, units=UNITS)
    assert any(e.column == column and problem in e.problem for e in refused.value.errors)
