"""An account that could not be trusted is refused at start, in words an operator can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.followers.menu_desk import leads_to
from bot.wechat.accounts import Account, AccountsInvalid, Mode, load_accounts
from bot.wechat.menu_file import load_menu
from bot.wechat.notice_templates import NoticeKind

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
GOOD = {
    "title": "示范县",
    "app_id": "wx1",
    "secret": "s3cr3t-value",
    "token": "AAAAA",
    "encoding_aes_key": KEY,
    "mode": "safe",
}


def write(path: Path, **accounts: Mapping[str, object]) -> Path:
    lines = []
    for name, fields in accounts.items():
        lines.append(f"[accounts.{name}]")
        lines += [
            f"{key} = {value if isinstance(value, int) else repr(value)}" for key, value in fields.items()
        ]
    file = path / "accounts.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_several_accounts_are_read_with_their_modes_and_profiles(tmp_path: Path) -> None:
    plain = {"title": "乡镇", "app_id": "wx2", "secret": "x", "token": "BBB", "mode": "plain"}
    file = write(
        tmp_path, county=GOOD | {"previous_aes_key": KEY[::-1], "profile": "beijing-tier"}, town=plain
    )
    accounts = load_accounts(file)
    assert accounts["county"] == Account(
        name="county",
        title="示范县",
        app_id="wx1",
        secret="s3cr3t-value",
        token="AAAAA",
        encoding_aes_key=KEY,
        previous_aes_key=KEY[::-1],
        mode=Mode.SAFE,
        profile="beijing-tier",
    )
    assert accounts["town"].mode is Mode.PLAIN
    assert accounts["town"].aes_keys == ()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("token", "", "empty"),
        ("token", "two words", "letters"),
        ("token", 12345, "string"),
        ("secret", " ", "empty"),
        ("encoding_aes_key", KEY[:42], "43 characters, has 42"),
        ("encoding_aes_key", KEY + "a", "43 characters, has 44"),
        ("encoding_aes_key", "!" * 43, "letters"),
        ("encoding_aes_key", "", "43 characters, has 0"),
        ("previous_aes_key", "short", "43 characters, has 5"),
        ("mode", "secure", "plain, compatible or safe"),
        ("tokn", "AAAAA", "not a field"),
    ],
)
def test_a_wrong_field_is_refused_by_account_and_field_name(
    tmp_path: Path, field: str, value: object, says: str
) -> None:
    with pytest.raises(AccountsInvalid, match=says) as refused:
        load_accounts(write(tmp_path, county=GOOD | {field: value}))
    assert (refused.value.account, refused.value.field_name) == ("county", field)
    assert "county" in str(refused.value)
    assert field in str(refused.value)


@pytest.mark.parametrize("field", sorted(GOOD))
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    fields = {key: value for key, value in GOOD.items() if key != field}
    with pytest.raises(AccountsInvalid, match=f"{field}: is missing"):
        load_accounts(write(tmp_path, county=fields))


def test_two_accounts_cannot_share_an_app_id(tmp_path: Path) -> None:
    with pytest.raises(AccountsInvalid, match="also the app_id"):
        load_accounts(write(tmp_path, county=GOOD, town=GOOD))


@pytest.mark.parametrize(
    "content", ["", "accounts = 1", "[accounts]", "[accounts.a", 'token = "s3cr3t-value']
)
def test_a_file_without_accounts_is_refused_without_quoting_it(tmp_path: Path, content: str) -> None:
    file = tmp_path / "accounts.toml"
    file.write_text(content)
    with pytest.raises(AccountsInvalid) as refused:
        load_accounts(file)
    assert "s3cr3t" not in str(refused.value)


def test_an_account_may_answer_for_a_place_of_its_own(tmp_path: Path) -> None:
    accounts = load_accounts(write(tmp_path, county=GOOD | {"region": "云川市/望川区"}))
    assert accounts["county"].region == "云川市/望川区"
    assert load_accounts(write(tmp_path, county=GOOD))["county"].region is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AccountsInvalid, match=r"nowhere\.toml"):
        load_accounts(tmp_path / "nowhere.toml")


def test_no_secret_shows_in_a_repr_or_a_refusal(tmp_path: Path) -> None:
    account = load_accounts(write(tmp_path, county=GOOD | {"previous_aes_key": KEY}))["county"]
    assert not any(secret in repr(account) for secret in ("s3cr3t-value", "AAAAA", KEY))
    with pytest.raises(AccountsInvalid) as refused:
        load_accounts(write(tmp_path, county=GOOD | {"encoding_aes_key": KEY + "Z"}))
    assert KEY not in str(refused.value)


def test_what_an_account_may_have_of_its_own_is_read(tmp_path: Path) -> None:
    more = {"welcome": "您好。", "default_unit": "qh.market", "service_phone": "0576-8800", "menu": "m.toml"}
    account = load_accounts(write(tmp_path, county=GOOD | more))["county"]
    assert (account.welcome, account.default_unit, account.service_phone) == (
        "您好。",
        "qh.market",
        "0576-8800",
    )
    assert account.menu == tmp_path / "m.toml"
    assert not account.person
    empty = load_accounts(write(tmp_path, county=GOOD | dict.fromkeys(more, "")))["county"]
    assert (empty.welcome, empty.default_unit, empty.menu) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("welcome", "长" * 301, "300"),
        ("default_unit", "市场局", "a unit's code"),
        ("service_phone", "call us", "digits"),
        ("templates", "x", "table"),
    ],
)
def test_what_an_account_cannot_have_is_refused(tmp_path: Path, field: str, value: str, says: str) -> None:
    with pytest.raises(AccountsInvalid, match=says) as refused:
        load_accounts(write(tmp_path, county=GOOD | {field: value}))
    assert refused.value.field_name.startswith(field)


def test_person_is_yes_or_no(tmp_path: Path) -> None:
    file = write(tmp_path, county=GOOD)
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\nperson = true\n", encoding="utf-8")
    assert load_accounts(file)["county"].person
    file.write_text(f'{text}\nperson = "yes"\n', encoding="utf-8")
    with pytest.raises(AccountsInvalid, match="true or false"):
        load_accounts(file)


def test_the_documented_files_are_files_this_service_takes(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/wechat-accounts.md").read_text(encoding="utf-8")
    accounts, menu = re.findall(r"```toml\n(.*?)```", page, re.S)
    (tmp_path / "accounts.toml").write_text(accounts, encoding="utf-8")
    read = load_accounts(tmp_path / "accounts.toml")
    assert read["market"].default_unit == "qh.market"
    assert read["market"].notices.template(NoticeKind.ANSWERED) is not None
    (tmp_path / "menu.toml").write_text(menu, encoding="utf-8")
    load_menu(tmp_path / "menu.toml", account="county", public_url="https://your.host", leads_to=leads_to)
