"""What of the accounts' file can only be wrong beside the tables and profiles: told before the service starts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from bot.followers.menu_desk import leads_to
from bot.settings import Settings
from bot.wechat.accounts import Account, AccountsInvalid, load_accounts
from bot.wechat.menu_file import MenuInvalid, load_menu
from bot.wechat.notice_templates import NoticeKind, NoticeTemplate, Placeholder
from routing.departments import UnitId, Units
from routing.errors import UnknownUnit

_FITS: Final[Mapping[str, tuple[Placeholder, ...]]] = {
    "phrase": (Placeholder.STATE,),
    "character_string": (Placeholder.NUMBER,),
    "number": (),
    "letter": (),
    "symbol": (),
    "phone_number": (),
    "car_number": (),
}
"""What can be said in fields of kinds that take few characters: a ticket's number has letters, a title has all."""


def account_problems(settings: Settings, *, units: Units, profiles: Collection[str]) -> list[str]:
    """In Chinese, one line each; a file that cannot be read at all is somebody else's to tell."""
    if settings.wechat_accounts is None:
        return []
    try:
        accounts = load_accounts(settings.wechat_accounts)
    except AccountsInvalid:
        return []
    return [
        f"公众号 {account.name}：{problem}"
        for account in accounts.values()
        for problem in _of(account, settings, units=units, profiles=profiles)
    ]


def _of(account: Account, settings: Settings, *, units: Units, profiles: Collection[str]) -> list[str]:
    problems = []
    if account.profile is not None and account.profile not in profiles:
        problems.append(f"profile：没有时限方案 {account.profile}")
    if account.default_unit is not None:
        try:
            units.get(UnitId(account.default_unit))
        except UnknownUnit:
            problems.append(f"default_unit：单位表里没有 {account.default_unit}")
    if account.menu is not None:
        try:
            load_menu(account.menu, account=account.name, public_url=settings.public_url, leads_to=leads_to)
        except MenuInvalid as error:
            problems += [f"menu：{problem}" for problem in error.problems]
    problems += _of_templates("templates", account.notices.templates)
    problems += _of_templates("subscriptions", account.notices.subscriptions)
    return problems


def _of_templates(table: str, templates: Mapping[NoticeKind, NoticeTemplate]) -> Iterator[str]:
    """Fields that would lose what they are to say, since the platform refuses its characters there."""
    for kind, template in templates.items():
        for name, said in template.fields.items():
            fits = _FITS.get(name.rstrip("0123456789"))
            if fits is None:
                continue
            for placeholder in re.findall(r"\{([a-z]+)\}", said):
                if placeholder not in fits:
                    yield f"{table}.{kind}.fields.{name}：这种字段写不了 {{{placeholder}}}，换一个字段"
