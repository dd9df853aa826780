"""What ``huiyin check-config`` says of accounts that the tables, profiles or menus cannot bear."""

from __future__ import annotations

from pathlib import Path

from bot.commands.account_checks import account_problems
from bot.settings import Settings
from routing.departments import load_units
from routing.timing.profile_files import profile_names
from tests.bot.accounts_on_a_platform import accounts_file

UNITS = load_units()


def problems(path: Path | None) -> list[str]:
    settings = Settings.from_environment({}, wechat_accounts=path, secret_key="x" * 32)
    return account_problems(settings, units=UNITS, profiles=profile_names())


def test_sound_accounts_have_no_problems(tmp_path: Path) -> None:
    assert (
        problems(accounts_file(tmp_path, market='default_unit = "qh.market"\nprofile = "beijing-tier"')) == []
    )
    assert problems(None) == []


def test_an_unknown_unit_profile_and_a_faulty_menu_are_all_named(tmp_path: Path) -> None:
    file = accounts_file(tmp_path, market='default_unit = "qh.mars"\nprofile = "mars-tier"')
    (tmp_path / "menu-market.toml").write_text('[[button]]\nname = "甲"\nkey = "nowhere"\n', encoding="utf-8")
    assert problems(file) == [
        "公众号 market：profile：没有时限方案 mars-tier",
        "公众号 market：default_unit：单位表里没有 qh.mars",
        "公众号 market：menu：甲：点了没有去处：对话不认识 key “nowhere”",
    ]


def test_a_field_that_cannot_say_what_it_should_is_named(tmp_path: Path) -> None:
    table = """
[accounts.market.templates.answered]
id = "T1"
[accounts.market.templates.answered.fields]
character_string1 = "number"
phrase2 = "state"
thing3 = "{number}已答复"
number4 = "number"
phrase5 = "unit"
"""
    assert problems(accounts_file(tmp_path, market=table)) == [
        "公众号 market：templates.answered.fields.number4：这种字段写不了 {number}，换一个字段",
        "公众号 market：templates.answered.fields.phrase5：这种字段写不了 {unit}，换一个字段",
    ]


def test_a_file_that_cannot_be_read_is_told_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "accounts.toml").write_text("nothing", encoding="utf-8")
    assert problems(tmp_path / "accounts.toml") == []
