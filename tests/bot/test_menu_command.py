"""``huiyin menu`` and ``huiyin qr`` against a simulated platform: what they ask, say, keep and refuse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.commands import menu, qr
from bot.followers.menu_versions import MenuChanged, MenuVersions
from bot.followers.scenes import Scenes
from bot.services import utc_now
from bot.wechat.menu_shape import Menu, MenuButton
from routing.mongo_store import Database
from tests.bot.accounts_on_a_platform import Site, accounts_file, open_platform
from tests.factories import MONDAY_9_30

APP = typer.Typer()
menu.register(APP)
qr.register(APP)


@dataclass
class Town:
    """The command line of a place with two accounts."""

    site: Site
    folder: Path
    database: Database

    async def run(self, *arguments: str, exit_code: int = 0, says: str = "") -> str:
        result = await asyncio.to_thread(CliRunner().invoke, APP, list(arguments), input=says)
        assert result.exit_code == exit_code, (result.output, result.exception)
        return result.output

    def write_menu(self, text: str, account: str = "county") -> None:
        (self.folder / f"menu-{account}.toml").write_text(text, encoding="utf-8")

    @property
    def shown(self) -> list[str]:
        present = self.site.county.menu
        return [button.name for button in present.buttons] if present else []


@pytest.fixture
async def town(
    mongo_url: str,
    redis_url: str,
    redis: object,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Town]:
    async with open_platform(clock=utc_now) as site:
        for name, value in {
            "MONGO_URL": mongo_url,
            "REDIS_URL": redis_url,
            "DATABASE": database.name,
            "SECRET_KEY": "a secret for tests, 32 bytes long",
            "WECHAT_ACCOUNTS": str(accounts_file(tmp_path)),
            "WECHAT_API_BASE": site.api_base,
            "PUBLIC_URL": "https://hotline.example.org",
        }.items():
            monkeypatch.setenv(f"HUIYIN_{name}", value)
        yield Town(site, tmp_path, database)


COUNTY = ("--account", "county")


async def test_a_menu_is_checked_compared_published_and_brought_back(town: Town) -> None:
    assert "问政策：问政策" in await town.run("menu", "check")
    assert "平台上没有菜单" in await town.run("menu", "show", *COUNTY)
    assert "＋ 新增“问政策”" in await town.run("menu", "diff", *COUNTY)
    said = await town.run("menu", "publish", *COUNTY, "--by", "高志远", says="y\n")
    assert "已发布，第 1 版" in said
    assert town.shown == ["问政策", "反映问题"]
    assert "没有不同" in await town.run("menu", "diff", *COUNTY)
    assert "不用发布" in await town.run("menu", "publish", *COUNTY)
    town.write_menu('[[button]]\nname = "政策库"\nurl = "/answers"\n')
    assert "第 2 版" in await town.run("menu", "publish", *COUNTY, "--yes", "--why", "换成网页")
    assert town.shown == ["政策库"]
    assert "第 3 版" in await town.run("menu", "rollback", *COUNTY, "--yes")
    assert town.shown == ["问政策", "反映问题"]
    told = json.loads(await town.run("menu", "show", *COUNTY, "--json"))
    assert [(v["number"], v["by"], v["why"]) for v in told["versions"]] == [
        (3, "命令行", "回到第 1 版"),
        (2, "命令行", "换成网页"),
        (1, "高志远", ""),
    ]
    assert town.site.market.menu is None, "the other account was never touched"


async def test_nothing_is_published_before_somebody_says_yes(town: Town) -> None:
    assert "没有发布" in await town.run("menu", "publish", *COUNTY, says="n\n", exit_code=1)
    assert town.shown == []


async def test_a_wrong_menu_is_refused_with_all_its_faults_and_the_platform_is_not_asked(town: Town) -> None:
    town.write_menu('[[button]]\nname = "这个名字实在太长了"\nkey = "nowhere"\n')
    said = await town.run("menu", "check", exit_code=1)
    assert "名称要 1 到 16 字节" in said
    assert "点了没有去处" in said
    await town.run("menu", "publish", *COUNTY, "--yes", exit_code=1)
    assert town.shown == []
    told = json.loads(await town.run("menu", "check", "--json", exit_code=1))
    assert len(told["county"]) == 2
    assert told["market"] == []


async def test_what_was_there_before_us_is_kept_and_can_be_brought_back(town: Town) -> None:
    assert "第 1 版" in await town.run("menu", "publish", *COUNTY, "--yes")
    town.write_menu('[[button]]\nname = "新"\nkey = "ask"\n')
    await town.database["wechat_menus"].delete_many(
        {}
    )  # as if another program had made the menu that is there
    assert "第 2 版" in await town.run("menu", "publish", *COUNTY, "--yes")
    assert "发布前平台上原有的菜单" in await town.run("menu", "show", *COUNTY)
    await town.run("menu", "rollback", *COUNTY, "--yes")
    assert town.shown == ["问政策", "反映问题"]


async def test_a_menu_changed_behind_our_back_is_pointed_out(town: Town) -> None:
    await town.run("menu", "publish", *COUNTY, "--yes")
    town.site.county._api._menus.create({"button": [{"type": "click", "name": "别的", "key": "ask"}]})
    town.write_menu('[[button]]\nname = "新"\nkey = "ask"\n')
    assert "在本服务之外被改过" in await town.run("menu", "publish", *COUNTY, "--yes")


async def test_the_platforms_refusal_is_told_in_words_and_leaves_no_version(town: Town) -> None:
    town.site.county.faults.fail_next("menu/create", 48001)
    said = await town.run("menu", "publish", *COUNTY, "--yes", exit_code=1)
    assert "没有自定义菜单的权限" in said
    assert "48001" in said
    assert await MenuVersions(town.database).latest("county") == []


async def test_there_is_nothing_to_go_back_to_at_first(town: Town) -> None:
    assert "没有可以回退的版本" in await town.run("menu", "rollback", *COUNTY, exit_code=1)
    assert "没有可以回退的版本" in await town.run("menu", "rollback", *COUNTY, "--to", "9", exit_code=1)


async def test_an_account_must_be_named_where_there_are_several(town: Town) -> None:
    assert "现有：county、market" in await town.run("menu", "show", exit_code=2)
    assert "没有公众号 nobody" in await town.run("menu", "show", "--account", "nobody", exit_code=2)


async def test_of_two_who_publish_at_once_one_is_told(database: Database) -> None:
    versions = MenuVersions(database)
    await versions.prepare()
    one = Menu((MenuButton("甲", "click", (("key", "ask"),)),))

    async def publish(by: str) -> str:
        try:
            return str((await versions.begin("county", one, after=0, by=by, at=MONDAY_9_30, why="")).number)
        except MenuChanged:
            return "changed"

    assert sorted(await asyncio.gather(*(publish(by) for by in "甲乙丙"))) == ["1", "changed", "changed"]


async def test_codes_are_added_listed_written_out_and_removed(town: Town) -> None:
    out = town.folder / "codes"
    given = ("--scene", "hall-3", "--label", "3号 窗口", "--place", "政务服务大厅", "--unit", "县市场监管局")
    said = await town.run("qr", "add", *COUNTY, *given, "--permanent", "--out", str(out))
    assert "永久" in said
    assert "http://weixin.qq.com/q/" in said
    (picture,) = out.iterdir()
    assert picture.name == "hall-3-3号窗口.svg"
    assert "hall-3" in picture.read_text(encoding="utf-8")
    (listed,) = json.loads(await town.run("qr", "list", *COUNTY, "--json"))
    assert (listed["scene"], listed["unit"], listed["expires_at"]) == ("hall-3", "qh.market", None)
    assert [made.scene for made in town.site.county.codes.all()] == ["hall-3"]
    assert town.site.market.codes.all() == []
    assert "已去掉" in await town.run("qr", "remove", "hall-3", *COUNTY)
    assert "没有场景" in await town.run("qr", "remove", "hall-3", *COUNTY, exit_code=1)


@pytest.mark.parametrize(
    ("more", "exit_code", "says"),
    [
        (("--scene", "hall 3", "--permanent"), 1, "场景：用 1 到 64 个字母"),
        (("--scene", "hall-3"), 2, "--days"),
        (("--scene", "hall-3", "--days", "3", "--permanent"), 2, "--days"),
        (("--scene", "hall-3", "--permanent", "--unit", "火星局"), 2, "没有单位“火星局”"),
    ],
)
async def test_a_code_that_cannot_be_is_refused_in_words(
    town: Town, more: tuple[str, ...], exit_code: int, says: str
) -> None:
    said = await town.run(
        "qr", "add", *COUNTY, "--label", "窗口", "--place", "大厅", *more, exit_code=exit_code
    )
    assert says in said


async def test_a_sheet_is_previewed_made_and_not_made_twice(town: Town) -> None:
    file = town.folder / "codes.csv"
    file.write_text(
        "场景,名称,地点,单位,有效天数\nhall-1,1号窗口,大厅,,\nst-1,人民路,人民路,,30\n", encoding="utf-8"
    )
    preview = await town.run("qr", "import", str(file), *COUNTY, "--dry-run")
    assert "新建 2 个" in preview
    assert "没有建" in preview
    assert town.site.county.codes.all() == []
    out = town.folder / "pictures"
    told = json.loads(await town.run("qr", "import", str(file), *COUNTY, "--out", str(out), "--json"))
    assert (told["made"], told["pictures"]) == (2, 2)
    file.write_text(
        "场景,名称,地点,单位,有效天数\nhall-1,1号窗口,大厅一楼,,\nst-1,人民路,人民路,,30\n", encoding="utf-8"
    )
    again = json.loads(await town.run("qr", "import", str(file), *COUNTY, "--json"))
    assert (again["made"], again["changed"]) == (0, ["hall-1"])
    found = await Scenes(town.database).find("county", "hall-1", now=utc_now())
    assert found is not None
    assert found.place == "大厅一楼"


async def test_a_sheet_with_a_bad_cell_makes_nothing(town: Town) -> None:
    file = town.folder / "codes.csv"
    file.write_text("场景,名称,地点\nhall-1,1号窗口,大厅\nhall 2,2号窗口,大厅\n", encoding="utf-8")
    said = await town.run("qr", "import", str(file), *COUNTY, exit_code=1)
    assert "第 3 行 场景" in said
    assert town.site.county.codes.all() == []
