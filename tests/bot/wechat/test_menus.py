"""Menus as code: read, held to the platform's limits, told apart in words, and put on a platform that refuses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.menu import MenuInvalid as PlatformRefuses
from bot.simulator.menu import Menus
from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown, classify
from bot.wechat.menu_file import MenuInvalid, load_menu, problems_of
from bot.wechat.menu_shape import ConditionalMenu, Menu, MenuButton, differences, menu_from_json
from bot.wechat.menus import explain_refusal, fetch_menu, put_menu, replace_menu


def click(name: str, key: str = "ask") -> MenuButton:
    return MenuButton(name, "click", (("key", key),))


def view(name: str, url: str = "https://example.org/") -> MenuButton:
    return MenuButton(name, "view", (("url", url),))


def over(name: str, *sub: MenuButton) -> MenuButton:
    return MenuButton(name, sub=sub)


def known(key: str) -> str | None:
    return None if key == "nowhere" else "有去处"


def problems(*buttons: MenuButton, conditional: tuple[ConditionalMenu, ...] = ()) -> str:
    return "；".join(map(str, problems_of(Menu(buttons, conditional), leads_to=known)))


class Platform:
    """The simulated platform's menus behind the client's two calls; counts what is asked of it."""

    def __init__(self) -> None:
        self.menus = Menus()
        self.asked: list[str] = []
        self.unknown_tag = "999"
        self.fails: Exception = DeliveryRefused(65301, DeliveryClass.CONTENT)
        self._calls = {
            "/cgi-bin/menu/create": self.menus.create,
            "/cgi-bin/menu/get": self.menus.get,
            "/cgi-bin/menu/delete": self.menus.delete,
            "/cgi-bin/menu/addconditional": self.menus.add_conditional,
            "/cgi-bin/menu/delconditional": self.menus.delete_conditional,
        }

    async def call(
        self, path: str, payload: Mapping[str, object], *, idempotent: bool = False
    ) -> dict[str, object]:
        self.asked.append(path.rpartition("/")[2])
        if "matchrule" in payload and self.unknown_tag in str(payload["matchrule"]):
            raise self.fails
        try:
            return self._calls[path](dict(payload))
        except PlatformRefuses as refused:
            raise DeliveryRefused(refused.code, classify(refused.code)) from None

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, object]:
        return await self.call(path, {})


def load(path: Path, text: str, public_url: str = "https://hotline.example.org") -> Menu:
    file = path / "menu.toml"
    file.write_text(text, encoding="utf-8")
    return load_menu(file, account="county", public_url=public_url, leads_to=known)


def test_a_file_becomes_the_menu_the_platform_takes(tmp_path: Path) -> None:
    menu = load(
        tmp_path,
        """
        [[button]]
        name = "我要办"
        [[button.sub]]
        name = "反映问题"
        key = "file"
        [[button.sub]]
        name = "我的诉求"
        url = "/my/{account}"
        [[button.sub]]
        name = "拍照"
        type = "pic_photo_or_album"
        key = "ask"
        [[button]]
        name = "小程序"
        app_id = "wx0123456789"
        page_path = "pages/index"
        url = "https://example.org/fallback"
        [[conditional]]
        tag = 101
        [[conditional.button]]
        name = "网格员"
        key = "mine"
        """,
    )
    assert menu.as_json() == {
        "menu": {
            "button": [
                {
                    "name": "我要办",
                    "sub_button": [
                        {"type": "click", "name": "反映问题", "key": "file"},
                        {
                            "type": "view",
                            "name": "我的诉求",
                            "url": "https://hotline.example.org/my/county",
                        },
                        {"type": "pic_photo_or_album", "name": "拍照", "key": "ask"},
                    ],
                },
                {
                    "type": "miniprogram",
                    "name": "小程序",
                    "appid": "wx0123456789",
                    "pagepath": "pages/index",
                    "url": "https://example.org/fallback",
                },
            ]
        },
        "conditionalmenu": [
            {
                "button": [{"type": "click", "name": "网格员", "key": "mine"}],
                "matchrule": {"tag_id": "101"},
            }
        ],
    }
    assert menu_from_json(menu.as_json()) == menu


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[button]", "不是 TOML"),
        ("", "一级菜单要 1 到 3 个，现有 0 个"),
        ('[[button]]\nname = "甲"', "要有 key、url 或子按钮"),
        ('[[button]]\nkey = "ask"', "没有名字的按钮"),
        ('[[button]]\nname = "甲"\nkey = "ask"\nurl = "https://a.org/"', "点击按钮不用写 url"),
        ('[[button]]\nname = "甲"\nkye = "ask"', "不认识的字段 kye"),
        ('[[button]]\nname = "甲"\ntype = "dance"\nkey = "a"', "没有 dance 这种按钮"),
        ('[[button]]\nname = "甲"\napp_id = "wx1"', "缺少 page_path"),
        ('[[button]]\nname = "甲"\nkey = "ask"\n[[button.sub]]\nname = "乙"\nkey = "ask"', "本身不做事"),
        ('button = "甲"', "要写成 [[button]]"),
        ('color = "red"\n[[button]]\nname = "甲"\nkey = "ask"', "不认识的字段"),
        ('[[button]]\nname = "甲"\nkey = "nowhere"', "点了没有去处"),
        ('[[button]]\nname = "甲"\nurl = "ftp://a.org/"', "http:// 或 https://"),
        ('[[button]]\nname="甲"\nkey="ask"\n[[conditional]]\nsex = "1"', "只能按标签区分"),
        ('[[button]]\nname="甲"\nkey="ask"\n[[conditional]]\ntag = "1"', "一级菜单要 1 到 3 个，现有 0 个"),
    ],
)
def test_what_cannot_be_a_menu_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(MenuInvalid) as refused:
        load(tmp_path, text)
    assert says in str(refused.value)


def test_a_page_of_this_service_needs_its_public_address(tmp_path: Path) -> None:
    with pytest.raises(MenuInvalid, match="HUIYIN_PUBLIC_URL"):
        load(tmp_path, '[[button]]\nname = "库"\nurl = "/answers"', public_url="")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MenuInvalid, match=r"no\.toml：读不了"):
        load_menu(tmp_path / "no.toml", account="county", public_url=None, leads_to=known)


@pytest.mark.parametrize(
    ("buttons", "says"),
    [
        ((click("我要办事啊"),), ""),
        ((click("我要办事啊啊"),), "名称要 1 到 16 字节（约 5 个汉字），现有 18 字节"),
        ((over("甲", click("乙" * 20)),), ""),
        ((over("甲", click("乙" * 21)),), "名称要 1 到 60 字节（约 20 个汉字），现有 63 字节"),
        (tuple(map(click, "甲乙丙丁")), "一级菜单要 1 到 3 个，现有 4 个"),
        ((over("甲", *map(click, "乙丙丁戊己庚")),), "甲：子菜单要 1 到 5 个，现有 6 个"),
        ((over("甲", over("乙", click("丙"))),), "子菜单下不能再有子菜单"),
        ((click("甲", "k" * 129),), "key 最多 128 字节"),
        ((view("甲", "https://example.org/" + "a" * 1010),), "网址最多 1024 字节"),
        ((view("甲", "javascript:alert(1)"),), "网址要以"),
        ((click("甲"), click("甲", "file")), "同一级有两个同名按钮"),
        ((click("甲\n"),), "看不见的字符"),
    ],
)
def test_the_platforms_limits_are_known_before_it_is_asked(
    buttons: tuple[MenuButton, ...], says: str
) -> None:
    found = problems(*buttons)
    assert says in found if says else not found


def test_conditional_menus_go_by_tag_once_each_and_lead_to_few_hosts() -> None:
    sub = tuple(view(name, f"https://{name}.example.org/") for name in "abcd")
    twice = (ConditionalMenu("1", (click("甲"),)), ConditionalMenu("1", (over("乙", *sub),)))
    found = problems(click("甲"), conditional=twice)
    assert "标签 1：有两个个性化菜单" in found
    assert "最多链到 3 个网站" in found


BEFORE = Menu((over("办事", click("问", "ask"), click("报", "file")), click("人工", "person")))


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (BEFORE, []),
        (Menu(BEFORE.buttons[:1]), ["－ 去掉“人工”（点击 person）"]),
        (Menu((*BEFORE.buttons, view("库"))), ["＋ 新增“库”（打开 https://example.org/）"]),
        (Menu((BEFORE.buttons[0], click("找人", "person"))), ["～ “人工”改名为“找人”"]),
        (Menu((BEFORE.buttons[0], view("人工"))), ["～ “人工”：点击 person → 打开 https://example.org/"]),
        (Menu(BEFORE.buttons[::-1]), ["⇅ 主菜单的顺序改为：人工、办事"]),
        (
            Menu((over("办事", click("报", "file"), click("问", "ask")), BEFORE.buttons[1])),
            ["⇅ 办事的顺序改为：报、问"],
        ),
        (
            Menu(BEFORE.buttons, (ConditionalMenu("7", (click("甲"),)),)),
            ["＋ 新增标签 7 的个性化菜单", "＋ 新增“标签 7 › 甲”（点击 ask）"],
        ),
    ],
)
def test_a_difference_is_said_as_a_person_would(after: Menu, lines: list[str]) -> None:
    assert list(differences(BEFORE, after)) == lines


_words = st.text(alphabet="甲乙丙丁戊", min_size=1, max_size=4)
_leaf = st.builds(click, _words, st.sampled_from(["ask", "file"]))
_level = st.lists(
    st.one_of(_leaf, st.builds(over, _words, _leaf)), min_size=1, max_size=3, unique_by=lambda b: b.name
)
_menus = st.builds(
    lambda buttons, tagged: Menu(
        tuple(buttons), tuple(ConditionalMenu(str(n), tuple(b)) for n, b in enumerate(tagged))
    ),
    _level,
    st.lists(_level, max_size=2),
)


@given(_menus, _menus)
def test_nothing_is_said_exactly_where_nothing_differs(one: Menu, other: Menu) -> None:
    assert (differences(one, other) == ()) is (one == other)
    assert differences(one, one) == ()


@given(st.lists(_menus, min_size=1, max_size=3))
async def test_after_publishing_the_platform_shows_exactly_that_menu(menus: list[Menu]) -> None:
    platform = Platform()
    for menu in menus:
        await put_menu(platform, menu)
        found = await fetch_menu(platform)
        assert found is not None
        assert found.buttons == menu.buttons
        assert sorted(found.conditional, key=str) == sorted(menu.conditional, key=str)


@pytest.mark.parametrize(
    "before", [BEFORE, Menu(BEFORE.buttons, (ConditionalMenu("7", (click("甲"),)),)), None]
)
@pytest.mark.parametrize("fails", [DeliveryRefused(65301, DeliveryClass.CONTENT), DeliveryUnknown()])
async def test_of_a_menu_refused_half_way_followers_see_nothing(
    before: Menu | None, fails: Exception
) -> None:
    platform = Platform()
    platform.fails = fails
    if before is not None:
        await put_menu(platform, before)
    after = Menu(
        (click("新"),), (ConditionalMenu("8", (click("乙"),)), ConditionalMenu("999", (click("丙"),)))
    )
    with pytest.raises(type(fails)):
        await replace_menu(platform, after)
    assert await fetch_menu(platform) == before


async def test_a_menu_that_arrived_though_nobody_said_so_stays() -> None:
    class Lost(Platform):
        async def call(
            self, path: str, payload: Mapping[str, object], *, idempotent: bool = False
        ) -> dict[str, object]:
            await super().call(path, payload, idempotent=idempotent)
            if path.endswith("addconditional"):
                raise DeliveryUnknown
            return {}

        async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, object]:
            return await super().call(path, {})

    platform = Lost()
    await put_menu(platform, BEFORE)
    after = Menu((click("新"),), (ConditionalMenu("8", (click("乙"),)),))
    with pytest.raises(DeliveryUnknown):
        await replace_menu(platform, after)
    assert await fetch_menu(platform) == after


async def test_an_account_without_a_menu_has_none() -> None:
    assert await fetch_menu(Platform()) is None


async def test_publishing_again_leaves_conditional_menus_alone() -> None:
    platform = Platform()
    menu = Menu(BEFORE.buttons, (ConditionalMenu("7", (click("甲"),)),))
    await put_menu(platform, menu)
    platform.asked.clear()
    await put_menu(platform, menu)
    assert platform.asked == ["create", "get"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"button": [{"type": "click", "name": "甲", "key": "a"}], "matchrule": {"sex": "1"}}, 65320),
        ({"button": [{"type": "click", "name": "甲", "key": "a"}], "matchrule": {}}, 65304),
    ],
)
async def test_the_platform_refuses_what_is_not_by_tag(body: dict[str, Any], code: int) -> None:
    platform = Platform()
    with pytest.raises(DeliveryRefused) as early:
        await platform.call("/cgi-bin/menu/addconditional", body)
    assert early.value.code == 65303, "there is no default menu yet"
    await put_menu(platform, BEFORE)
    with pytest.raises(DeliveryRefused) as refused:
        await platform.call("/cgi-bin/menu/addconditional", body)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (65303, "没有默认菜单"),
        (65320, "只能按标签"),
        (40018, "名称过长"),
        (48001, "权限"),
        (99999, "没有接受"),
    ],
)
def test_a_refusal_is_told_in_words_with_its_code(code: int, says: str) -> None:
    assert says in explain_refusal(code)
    assert str(code) in explain_refusal(code)
