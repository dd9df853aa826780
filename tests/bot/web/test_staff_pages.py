"""The administrator's pages: a login is made, handed over, changed and closed, and what one cannot do."""

from __future__ import annotations

import re

import pytest
from aiohttp import FormData

from bot.web.staff_import import MOST_ROWS
from tests.bot.web.conftest import PASSWORD, Browser, Console

NEW = {"username": "wanglin", "name": "王林", "role": "liaison", "unit_id": "qh.housing"}
OWN = "My-own-2026-word"


def _handed(page_html: str) -> str:
    found = re.search(r"<code>([a-z0-9-]{19})</code>", page_html)
    assert found, "no password is shown"
    return found[1]


async def _made(console: Console) -> tuple[Browser, str]:
    admin = await console.as_("administrator")
    await admin.open("/console/staff")
    page = await admin.send("/console/staff", NEW)
    assert "账号已建好" in page.words
    return admin, _handed(page.html)


async def test_somebody_new_logs_in_chooses_a_password_and_then_works(console: Console) -> None:
    _, temporary = await _made(console)
    browser = await console.stranger()
    page = await browser.log_in("wanglin", temporary)
    assert "先改成自己的密码" in page.words
    page = await browser.open("/console/tickets")
    assert page.path == "/console/password"
    page = await browser.send("/console/password", {"old": temporary, "new": OWN, "again": f"{OWN}x"})
    assert "两次输入的新密码不一样" in page.words
    page = await browser.send("/console/password", {"old": temporary, "new": "short", "again": "short"})
    assert "密码太简单" in page.words
    page = await browser.send("/console/password", {"old": temporary, "new": OWN, "again": OWN})
    assert page.path == "/console/tickets"
    assert "密码已改" in page.words
    assert (await browser.open("/console/tickets")).status == 200


async def test_a_changed_password_ends_every_other_session(console: Console) -> None:
    here, there = await console.as_("liaison"), await console.as_("liaison")
    console.clock.advance(minutes=1)
    await here.open("/console/password")
    page = await here.send("/console/password", {"old": PASSWORD, "new": OWN, "again": OWN})
    assert "密码已改" in page.words
    assert (await here.open("/console/tickets")).path == "/console/tickets"
    assert (await there.open("/console/tickets")).path.startswith("/console/login")


async def test_a_closed_login_is_out_with_the_next_click(console: Console) -> None:
    liaison, admin = await console.as_("liaison"), await console.as_("administrator")
    await admin.open("/console/staff/liaison")
    page = await admin.send("/console/staff/liaison/close", {"why": ""})
    assert page.status == 422
    assert "请写明原因" in page.words
    page = await admin.send("/console/staff/liaison/close", {"why": "已调离"})
    assert "账号已停用" in page.words
    assert (await liaison.open("/console/tickets")).path.startswith("/console/login")
    page = await admin.send("/console/staff/liaison/open", {"why": ""})
    assert "账号已启用" in page.words


async def test_a_changed_role_counts_from_the_next_click(console: Console) -> None:
    browser, admin = await console.as_("operator"), await console.as_("administrator")
    assert (await browser.open("/console/figures")).status == 403
    await admin.open("/console/staff/operator")
    fields = {"name": "周敏", "role": "supervisor", "unit_id": "qh.hotline"}
    assert "马上生效" in (await admin.send("/console/staff/operator/change", fields)).words
    assert (await browser.open("/console/figures")).status == 200
    log = await admin.open("/console/staff/log")
    assert "周敏 话务员" in log.words
    assert "周敏 督办员" in log.words


async def test_an_administrator_cannot_close_their_own_login(console: Console) -> None:
    admin = await console.as_("administrator")
    page = await admin.open("/console/staff/administrator")
    assert "不能停用自己的账号" in page.words
    page = await admin.send("/console/staff/administrator/close", {"why": "试试"})
    assert page.status == 409
    assert "请另一位管理员来做" in page.words


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"username": "1"}, "登录名要以小写字母开头"),
        ({"username": "log"}, "登录名要以小写字母开头"),
        ({"username": "liaison"}, "已经有人用了"),
        ({"name": " "}, "请填写姓名"),
        ({"role": "citizen"}, "没有“citizen”这个角色，应是话务员、"),
        ({"unit_id": "nowhere"}, "没有叫“nowhere”的单位"),
    ],
)
async def test_a_wrong_field_is_named_and_the_rest_is_kept(
    console: Console, changes: dict[str, str], said: str
) -> None:
    admin = await console.as_("administrator")
    await admin.open("/console/staff")
    page = await admin.send("/console/staff", {**NEW, **changes})
    assert page.status == 422
    assert said in page.words
    if "name" not in changes:
        assert 'value="王林"' in page.html


async def test_a_key_is_shown_once_and_ends_when_revoked(console: Console) -> None:
    admin = await console.as_("administrator")
    await admin.open("/console/staff/keys")
    fields = {"name": "市平台", "role": "operator", "unit_id": "qh.hotline"}
    page = await admin.send("/console/staff/keys/add", fields)
    found = re.search(r"<code>(hy_[\w-]+)</code>", page.html)
    assert found
    key = found[1]
    assert key not in (await admin.open("/console/staff/keys")).html
    api_key = await console.services.people.find_api_key(key)
    assert api_key is not None
    page = await admin.send("/console/staff/keys/revoke", {"key_id": api_key.key_id})
    assert "密钥已吊销" in page.words
    assert await console.services.people.find_api_key(key) is None


async def _upload(console: Console, admin: Browser, sheet: bytes) -> str:
    page = await admin.open("/console/staff")
    form = FormData()
    form.add_field("csrf", page.hidden("csrf"))
    form.add_field("file", sheet, filename="名单.csv", content_type="text/csv")
    response = await admin.client.post("/console/staff/import", data=form)
    return await response.text()


SHEET = (
    "登录名,姓名,角色,单位\n"
    "li.na,李娜,承办联络员,清和县住房和城乡建设局\n"
    "liaison,重名,承办联络员,qh.housing\n"
    "x,坏,没有,哪里\n"
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_a_sheet_is_previewed_row_by_row_and_only_good_rows_are_made(
    console: Console, encoding: str
) -> None:
    admin = await console.as_("administrator")
    unit = console.services.units.get("qh.housing").name  # type: ignore[arg-type]
    role = "承办联络员" if "承办联络员" in (await admin.open("/console/staff")).words else "liaison"
    sheet = SHEET.replace("清和县住房和城乡建设局", unit).replace("承办联络员", role)
    html = await _upload(console, admin, sheet.encode(encoding))
    assert "新增这 1 人" in html
    assert "这个登录名已经有了" in html
    assert await console.services.people.find_user("li.na") is None
    page = await admin.send("/console/staff/import/confirm", {"sheet": sheet})
    made = page.html.lstrip("\ufeff").splitlines()
    assert len(made) == 2
    username, name, *_, password = made[1].split(",")
    assert (username, name) == ("li.na", "李娜")
    user = await console.services.people.log_in("li.na", password, now=console.clock.now)
    assert user.password_is_temporary


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        ("姓名\n李娜\n", "首行要有这几列"),
        ("登录名,姓名,角色,单位\n", "名单是空的"),
        ("登录名,姓名,角色,单位\n" + "a,b,c,d\n" * (MOST_ROWS + 1), "请分几次新增"),
        ("", "首行要有这几列"),
    ],
)
async def test_a_sheet_that_is_none_says_what_to_do(console: Console, sheet: str, said: str) -> None:
    assert said in await _upload(console, await console.as_("administrator"), sheet.encode())


@pytest.mark.parametrize(
    ("role", "unit", "said"),
    [
        ("单位联络员", "县教体局", "可以新增"),
        ("联络员", "县教体局", "没有“联络员”这个角色，应是话务员、"),
        ("单位联络员", "教体", "没有叫“教体”的单位。相近的有：清和县教育体育局"),
        (
            "单位联络员",
            "李家庄村委会",
            "不止一个，请写全称：柳泉镇李家庄村村民委员会、石桥镇李家庄村村民委员会",
        ),
        ("单位联络员", "不相干的名字", "没有叫“不相干的名字”的单位。"),
    ],
)
async def test_a_sheet_may_use_short_names_and_hears_what_is_wrong_with_others(
    console: Console, role: str, unit: str, said: str
) -> None:
    sheet = f"登录名,姓名,角色,单位\nliming,李明,{role},{unit}\n"
    assert said in await _upload(console, await console.as_("administrator"), sheet.encode())
