"""Menus as code: the file beside the platform, published with a version to go back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.followers.menu_versions import MenuVersion, MenuVersions
from bot.talk import spoken
from bot.talk.steps import Pick
from bot.wechat.accounts import Account
from bot.wechat.delivery import DeliveryRefused, DeliveryUnknown
from bot.wechat.menu_file import load_menu
from bot.wechat.menu_shape import Menu, differences
from bot.wechat.menus import CallsPlatform, fetch_menu, replace_menu

_FOUND = "发布前平台上原有的菜单"
_DOES = {
    Pick.ASK: "问政策",
    Pick.FILE: "反映问题",
    Pick.PROGRESS: "查进度",
    Pick.MINE: "我的诉求",
    Pick.PERSON: "人工服务",
    Pick.RATE: "评价",
    Pick.HOME: "首页",
}


class NoMenuFile(Exception):
    """The account names no menu file."""


class NoSuchVersion(Exception):
    """There is no such version to go back to."""


def leads_to(key: str) -> str | None:
    """What a tap on a click button comes to: the dialogue takes its own keys, and anything else as typed words.

    A key in plain letters that is no word of the dialogue is a slip of the pen, not a citizen's question.
    """
    word = spoken.tidy(key).lower()
    pick = spoken.MENU_KEYS.get(word)
    if pick is not None:
        return _DOES.get(pick, pick.value)
    if spoken.command_word(word) in spoken.COMMANDS or spoken.PERSON.fullmatch(spoken.command_word(word)):
        return f"等于打“{key}”"
    said = any("一" <= character <= "鿿" for character in word)
    return f"当作市民问“{key}”" if said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuStanding:
    """File and platform side by side. ``drifted``: somebody changed the platform's menu past this service."""

    wanted: Menu | None
    present: Menu | None
    versions: tuple[MenuVersion, ...]
    changes: tuple[str, ...]
    """What publishing the file would change; empty when nothing, or when there is no file."""
    drifted: tuple[str, ...]

    @property
    def number(self) -> int:
        """The newest version; 0 before the first."""
        return self.versions[0].number if self.versions else 0


@dataclass(frozen=True, slots=True)
class MenuDesk:
    """One account's menu. Methods that ask the platform raise DeliveryRefused or DeliveryUnknown."""

    account: Account
    client: CallsPlatform
    versions: MenuVersions
    public_url: str | None = None

    def wanted(self) -> Menu:
        """The menu of the file, checked; raises NoMenuFile and MenuInvalid."""
        if self.account.menu is None:
            raise NoMenuFile
        return load_menu(
            self.account.menu, account=self.account.name, public_url=self.public_url, leads_to=leads_to
        )

    async def standing(self, wanted: Menu | None) -> MenuStanding:
        """How ``wanted``, the platform and the last version stand to each other."""
        present = await fetch_menu(self.client)
        versions = tuple(await self.versions.latest(self.account.name))
        return MenuStanding(
            wanted=wanted,
            present=present,
            versions=versions,
            changes=differences(present, wanted) if wanted is not None else (),
            drifted=differences(versions[0].menu, present or Menu(())) if versions else (),
        )

    async def publish(self, menu: Menu, *, after: int, by: str, now: datetime, why: str = "") -> MenuVersion:
        """Put ``menu`` on the platform and keep it as the version after ``after``; raises MenuChanged before the
        platform is asked. What the platform showed before this service first published is kept too."""
        newest = await self.versions.latest(self.account.name, limit=1)
        if not newest and after == 0:
            present = await fetch_menu(self.client)
            if present is not None and present != menu:
                found = await self.versions.begin(
                    self.account.name, present, after=0, by="", at=now, why=_FOUND
                )
                await self.versions.confirm(found)
                after = found.number
        # Its number first: of two who publish at once, one is told before the platform hears of either.
        version = await self.versions.begin(self.account.name, menu, after=after, by=by, at=now, why=why)
        try:
            await replace_menu(self.client, menu)
        except DeliveryRefused:
            await self.versions.drop(version)
            raise
        except DeliveryUnknown:
            # It may be on the phones already: what the platform shows says whether there is this version.
            if differences(await fetch_menu(self.client), menu):
                await self.versions.drop(version)
                raise
        await self.versions.confirm(version)
        return version

    async def version_to_restore(self, number: int | None) -> MenuVersion:
        """The version of that number, or the one before the newest; raises NoSuchVersion."""
        if number is None:
            latest = await self.versions.latest(self.account.name, limit=2)
            if len(latest) < 2:
                raise NoSuchVersion
            return latest[1]
        found = await self.versions.find(self.account.name, number)
        if found is None:
            raise NoSuchVersion
        return found
