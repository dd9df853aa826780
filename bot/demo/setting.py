"""The demo's WeChat account, API key and logins: made once, the same over restarts."""

from __future__ import annotations

import base64
import os
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from bot.people import People, User
from bot.wechat.accounts import Account, AccountsInvalid, load_accounts
from routing.departments import UnitId
from routing.workflow import Actor, Role

ACCOUNT = "demo"
TITLE = "清和县12345热线"
API_KEY_NAME = "演示接口"
CENTRE = UnitId("qh.hotline")
_API_KEY_LINE = "api_key"


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
        write_private(path, _new_setting())
    account = load_accounts(path).get(ACCOUNT)
    if account is None:
        raise AccountsInvalid(ACCOUNT, path.name, "is missing; delete the file to have a new one made")
    api_key = tomllib.loads(path.read_text(encoding="utf-8")).get(_API_KEY_LINE)
    if not isinstance(api_key, str) or len(api_key) < 32:
        raise AccountsInvalid(ACCOUNT, _API_KEY_LINE, "is missing; delete the file to have a new one made")
    return DemoSetting(path, account, api_key)


async def admit(people: People, setting: DemoSetting) -> None:
    """Let the demo's people log in and its API key call; safe to repeat, keeps what they changed since."""
    for person in PEOPLE:
        if await people.find_user(person.user.username) is None:
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


def _new_setting() -> str:
    lines = (
        "# Made by `huiyin demo`. Delete it to have new credentials made.",
        f'{_API_KEY_LINE} = "hy_{secrets.token_urlsafe(32)}"',
        "",
        f"[accounts.{ACCOUNT}]",
        f'title = "{TITLE}"',
        f'app_id = "wx{secrets.token_hex(8)}"',
        f'secret = "{secrets.token_hex(16)}"',
        f'token = "{secrets.token_hex(12)}"',
        f'encoding_aes_key = "{_new_aes_key()}"',
        'mode = "safe"',
    )
    return "\n".join(lines) + "\n"


def _new_aes_key() -> str:
    """32 random bytes in base64; drawn again until, as the platform wants, only letters and digits appear."""
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        if key.isalnum():
            return key
