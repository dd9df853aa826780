"""The demo's WeChat account, API key and logins: made once, the same over restarts."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo.notices import notice_lines
from bot.people import People, User, UserExists
from bot.wechat.accounts import Account, AccountsInvalid, load_accounts
from routing.departments import UnitId
from routing.workflow import Actor, Role

ACCOUNT = "demo"
MARKET = "market"
API_KEY_NAME = "演示接口"
CENTRE = UnitId("qh.hotline")
_API_KEY_LINE = "api_key"
_LAYOUT_LINE, _LAYOUT = "layout", 3
"""A file of an earlier layout is written anew with the credentials it has."""
_MENUS = Path(__file__).parent / "menus"
_ABOUT: dict[str, tuple[str, ...]] = {
    ACCOUNT: (
        'title = "清和县12345热线"',
        'service_phone = "12345"',
        'menu = "menu-demo.toml"',
        *notice_lines(ACCOUNT),
    ),
    MARKET: (
        'title = "清和市场监管"',
        'welcome = "您好，这里是清和县市场监督管理局。食品药品、电梯、价格和消费纠纷，都可以在这里说。"',
        'default_unit = "qh.market"',
        'service_phone = "12345"',
        'menu = "menu-market.toml"',
        *notice_lines(MARKET, by_subscription=True),
    ),
}
"""What is known of each account beside its credentials: the county's, and one of its departments'."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who may log in to the demo. The password is no secret: every demo has the same."""

    user: User
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DemoSetting:
    """What the demo needs to know of itself; ``path`` is the file it is kept in, an accounts file at once."""

    path: Path
    account: Account
    api_key: str = field(repr=False)
    others: tuple[Account, ...] = ()
    """The departments' accounts."""

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All of them, the county's first."""
        return (self.account, *self.others)


def _person(username: str, name: str, role: Role, unit_id: str = CENTRE) -> DemoPerson:
    user = User(username=username, name=name, role=role, unit_id=UnitId(unit_id))
    return DemoPerson(user, password=f"Demo-2026-{role.value}")


PEOPLE: tuple[DemoPerson, ...] = (
    _person("chengguan", "陈立新", Role.LIAISON, "qh.urban-management"),
    _person("zhujian", "梁国栋", Role.LIAISON, "qh.housing"),
    _person("renshe", "孟晓琴", Role.LIAISON, "qh.human-resources"),
    _person("liuquan", "柳长河", Role.LIAISON, "qh.liuquan.government"),
    _person("operator", "周敏", Role.OPERATOR),
    _person("dispatcher", "何文静", Role.DISPATCHER),
    _person("supervisor", "郑克勤", Role.SUPERVISOR),
    _person("editor", "苏雅", Role.EDITOR),
    _person("editor2", "林舟", Role.EDITOR),
    _person("admin", "高志远", Role.ADMINISTRATOR),
    _person("auditor", "严守正", Role.AUDITOR),
)
"""Those who may log in; all names are invented."""


def _of_the_centre(role: Role) -> Actor:
    user = next(person.user for person in PEOPLE if person.user.role is role)
    return Actor(user.username, user.name, role)


OPERATOR, DISPATCHER, SUPERVISOR = map(_of_the_centre, (Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR))


def open_setting(data_dir: Path) -> DemoSetting:
    """Read ``demo.toml``, making it first if it is not there; the data directory must be held by this process.

    Raises AccountsInvalid for a file somebody spoiled.
    """
    path = data_dir / "demo.toml"
    if not path.exists():
        write_private(path, _text(f"hy_{secrets.token_urlsafe(32)}", {}))
    for name in _ABOUT:
        _put_menu(data_dir / f"menu-{name}.toml", name)
    accounts, document = load_accounts(path), tomllib.loads(path.read_text(encoding="utf-8"))
    if ACCOUNT not in accounts:
        raise AccountsInvalid(ACCOUNT, path.name, "is missing; delete the file to have a new one made")
    api_key = document.get(_API_KEY_LINE)
    if not isinstance(api_key, str) or len(api_key) < 32:
        raise AccountsInvalid(ACCOUNT, _API_KEY_LINE, "is missing; delete the file to have a new one made")
    if document.get(_LAYOUT_LINE) != _LAYOUT:
        write_private(path, _text(api_key, accounts))
        accounts = load_accounts(path)
    others = tuple(account for name, account in accounts.items() if name != ACCOUNT)
    return DemoSetting(path, accounts[ACCOUNT], api_key, others)


def _put_menu(path: Path, name: str) -> None:
    """The menu that ships, for whoever tries the demo to change and publish."""
    if not path.exists():
        path.write_text((_MENUS / f"{name}.toml").read_text(encoding="utf-8"), encoding="utf-8")


async def admit(people: People, setting: DemoSetting) -> None:
    """Let the demo's people log in and its API key call; safe to repeat, keeps what they changed since."""
    for person in PEOPLE:
        if await people.find_user(person.user.username) is None:
            with contextlib.suppress(UserExists):  # closed by whoever tried out the page of logins
                await people.add_user(person.user, password=person.password)
    if await people.find_api_key(setting.api_key) is None:
        # A supervisor of the centre may do whatever the interface offers, so one key serves every try-out.
        await people.add_api_key(name=API_KEY_NAME, role=Role.SUPERVISOR, unit_id=CENTRE, key=setting.api_key)


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _text(api_key: str, present: Mapping[str, Account]) -> str:
    """The file, with the credentials of ``present`` or new ones."""
    lines = [
        "# Made by `huiyin demo`. Delete it to have new credentials made.",
        f'{_API_KEY_LINE} = "{api_key}"',
        f"{_LAYOUT_LINE} = {_LAYOUT}",
    ]
    for name, about in _ABOUT.items():
        lines += ["", f"[accounts.{name}]", *_credentials(present.get(name)), *about]
    return "\n".join(lines) + "\n"


def _credentials(present: Account | None) -> tuple[str, ...]:
    return (
        f'app_id = "{present.app_id if present else f"wx{secrets.token_hex(8)}"}"',
        f'secret = "{present.secret if present else secrets.token_hex(16)}"',
        f'token = "{present.token if present else secrets.token_hex(12)}"',
        f'encoding_aes_key = "{present.encoding_aes_key if present else _new_aes_key()}"',
        f'mode = "{present.mode.value if present else "safe"}"',
    )


def _new_aes_key() -> str:
    """32 random bytes in base64; drawn again until, as the platform wants, only letters and digits appear."""
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        if key.isalnum():
            return key
