"""The WeChat official accounts this service answers for, read from one TOML file."""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.wechat.notice_templates import NoticeTemplates, NoticeTemplatesInvalid, read_notice_templates

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{3,32}")
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_REQUIRED = ("title", "app_id", "secret", "token", "encoding_aes_key", "mode")
_OPTIONAL = ("previous_aes_key", "profile", "region", "welcome", "default_unit", "service_phone", "menu")
_PHONE = re.compile(r"[0-9][0-9-]{2,14}")
_UNIT = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_MOST_WELCOME = 300


class Mode(StrEnum):
    """How the platform wraps its pushes: 明文, 兼容 or 安全模式, as set in the account's console."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


class AccountsInvalid(Exception):
    """An account cannot be used as configured. The text names the account and the field, never a value."""

    def __init__(self, account: str, field_name: str, reason: str) -> None:
        super().__init__(f"WeChat account {account!r}, {field_name}: {reason}")
        self.account = account
        self.field_name = field_name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Account:
    """One official account. Its repr shows no secret, so that it may appear in a traceback."""

    name: str
    """The last part of the callback's URL: ``/wechat/{name}``."""
    title: str
    app_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    previous_aes_key: str | None = field(repr=False, default=None)
    """Still accepted while the platform changes over to a new key."""
    mode: Mode = Mode.SAFE
    profile: str | None = None
    """The time-limit profile of this account's tickets; None is the service's own."""
    region: str | None = None
    """The place whose rules its followers are answered by (云州市/清和县); None is the service's own."""
    welcome: str | None = None
    """What new followers read first, in place of the service's own first sentence."""
    default_unit: str | None = None
    """The department whose account it is: gets what triage leaves to a person; None leaves it to the dispatcher."""
    service_phone: str | None = None
    person: bool = False
    """The account has WeChat's customer service, so that a talk may be handed over to a person."""
    menu: Path | None = None
    """The account's menu as a file, for ``huiyin menu``."""
    notices: NoticeTemplates = field(default_factory=NoticeTemplates)

    @property
    def aes_keys(self) -> tuple[str, ...]:
        """The keys a push may be sealed with, the current one first; none for a plain account without one."""
        return tuple(key for key in (self.encoding_aes_key, self.previous_aes_key) if key)


def check_account(account: Account) -> None:
    """Raise AccountsInvalid unless pushes to this account can be verified and opened."""
    if not _NAME.fullmatch(account.name):
        raise AccountsInvalid(
            account.name, "name", "use 1 to 32 lower-case letters, digits, - or _; it is part of a URL"
        )
    for name in ("title", "app_id", "secret"):
        if not getattr(account, name).strip():
            raise AccountsInvalid(account.name, name, "must not be empty")
    if not account.token:
        raise AccountsInvalid(account.name, "token", "must not be empty: anybody could sign pushes")
    if not _TOKEN.fullmatch(account.token):
        raise AccountsInvalid(account.name, "token", "must be 3 to 32 letters and digits")
    if account.mode is not Mode.PLAIN or account.encoding_aes_key:
        _check_aes_key(account.name, "encoding_aes_key", account.encoding_aes_key)
    if account.previous_aes_key is not None:
        _check_aes_key(account.name, "previous_aes_key", account.previous_aes_key)
    if account.welcome is not None and len(account.welcome) > _MOST_WELCOME:
        raise AccountsInvalid(account.name, "welcome", f"must not be longer than {_MOST_WELCOME} characters")
    if account.default_unit is not None and not _UNIT.fullmatch(account.default_unit):
        raise AccountsInvalid(account.name, "default_unit", "must be a unit's code, like qh.housing")
    if account.service_phone is not None and not _PHONE.fullmatch(account.service_phone):
        raise AccountsInvalid(account.name, "service_phone", "must be digits, perhaps with -")


def load_accounts(path: Path) -> dict[str, Account]:
    """Read ``[accounts.NAME]`` tables; raise AccountsInvalid for the first field that is wrong.

    A field that is missing or unknown is wrong too. ``mode`` is plain, compatible or safe; what is optional may be
    left out or empty. ``menu`` names a file beside the TOML, which is not read here.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AccountsInvalid("*", path.name, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AccountsInvalid("*", path.name, "is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        # The decoder's text may quote the line, and with it a secret: give the reason's position only.
        position = re.search(r"\(at [^)]*\)", str(error))
        raise AccountsInvalid(
            "*", path.name, f"is not TOML {position.group() if position else ''}".strip()
        ) from None
    tables = document.get("accounts")
    if not isinstance(tables, dict) or not tables:
        raise AccountsInvalid("*", path.name, "needs at least one [accounts.NAME] table")
    accounts = {name: _account(name, table, beside=path.parent) for name, table in tables.items()}
    _refuse_shared_app_ids(accounts)
    return accounts


def _account(name: str, table: object, *, beside: Path) -> Account:
    if not isinstance(table, dict):
        raise AccountsInvalid(name, name, "must be a table: [accounts.NAME]")
    values: dict[str, Any] = dict(table)
    person, notices = _take_person(name, values), _take_notices(name, values)
    if values.get("mode") == Mode.PLAIN.value:
        values.setdefault("encoding_aes_key", "")
    _check_fields(name, values)
    optional: dict[str, Any] = {key: values.get(key, "").strip() or None for key in _OPTIONAL}
    menu = optional.pop("menu")
    account = Account(
        name=name,
        **{key: values[key] for key in _REQUIRED if key != "mode"},
        mode=Mode(values["mode"]),
        **optional,
        person=person,
        notices=notices,
        menu=beside / menu if menu else None,
    )
    check_account(account)
    return account


def _take_person(name: str, values: dict[str, Any]) -> bool:
    person = values.pop("person", False)
    if not isinstance(person, bool):
        raise AccountsInvalid(name, "person", "must be true or false")
    return person


def _take_notices(name: str, values: dict[str, Any]) -> NoticeTemplates:
    try:
        return read_notice_templates(
            {key: values.pop(key) for key in ("templates", "subscriptions") if key in values}
        )
    except NoticeTemplatesInvalid as error:
        raise AccountsInvalid(name, error.field, error.reason) from None


def _check_fields(name: str, values: dict[str, Any]) -> None:
    for key in values:
        if key not in _REQUIRED + _OPTIONAL:
            raise AccountsInvalid(name, key, "is not a field of an account")
    for key in _REQUIRED:
        if key not in values:
            raise AccountsInvalid(name, key, "is missing")
    for key, value in values.items():
        if not isinstance(value, str):
            raise AccountsInvalid(name, key, "must be a string")
    if values["mode"] not in [mode.value for mode in Mode]:
        raise AccountsInvalid(name, "mode", "must be plain, compatible or safe")


def _check_aes_key(account: str, field_name: str, value: str) -> None:
    """The platform's rule: 43 characters that, with one ``=`` added, decode to the 32 bytes of a key."""
    if len(value) != 43:
        raise AccountsInvalid(account, field_name, f"must have 43 characters, has {len(value)}")
    if not _AES_KEY.fullmatch(value):
        raise AccountsInvalid(account, field_name, "must be letters and digits")
    try:
        base64.b64decode(value + "=", validate=True)
    except binascii.Error:
        raise AccountsInvalid(account, field_name, "does not decode to a key") from None


def _refuse_shared_app_ids(accounts: dict[str, Account]) -> None:
    seen: dict[str, str] = {}
    for account in accounts.values():
        if account.app_id in seen:
            raise AccountsInvalid(
                account.name, "app_id", f"is also the app_id of account {seen[account.app_id]!r}"
            )
        seen[account.app_id] = account.name
