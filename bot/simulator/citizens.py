"""The demo's citizens: a name on the page, an openid on the platform."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field

from bot.simulator.journal import NAMES, Journal

_NAME = re.compile(r"[\w·]{1,12}")


@dataclass(frozen=True, slots=True)
class DemoCitizen:
    """Who holds the phone. ``key`` stands in addresses, so that no openid does."""

    key: str
    name: str
    openid: str = field(repr=False)
    about: str = ""

    @property
    def initial(self) -> str:
        """The one character on the avatar."""
        return self.name[:1]


class DemoCitizens:
    """Three to begin with, more by name; the same name always has the same openid on this account."""

    def __init__(self, *, app_id: str, journal: Journal | None = None) -> None:
        self._app_id = app_id
        self._journal = journal
        self._known = {
            key: DemoCitizen(key, name, self._openid(key), about)
            for key, name, about in (
                ("wang", "王大爷", "七十二岁，常用语音"),
                ("li", "李女士", "上班族，晚上才有空"),
                ("chen", "陈师傅", "跑货运，爱发照片"),
            )
        }
        for name in journal.names if journal else ():
            self._add(name)

    def all(self) -> tuple[DemoCitizen, ...]:
        """Everyone, the longest known first."""
        return tuple(self._known.values())

    def find(self, key: str) -> DemoCitizen | None:
        """The citizen of that key, or one whose name it is."""
        known = self._known.get(key)
        return known or next((citizen for citizen in self._known.values() if citizen.name == key), None)

    def create(self, name: str) -> DemoCitizen | None:
        """The citizen of that name, new if need be; None when it is no name (1–12 letters or characters)."""
        name = name.strip()
        found = self.find(name)
        if found or not _NAME.fullmatch(name):
            return found
        if self._journal is not None:
            self._journal.named(name)
        return self._add(name)

    def _add(self, name: str) -> DemoCitizen:
        if len(self._known) >= NAMES:
            del self._known[list(self._known)[3]]
        self._known[name] = DemoCitizen(name, name, self._openid(name))
        return self._known[name]

    def _openid(self, key: str) -> str:
        digest = hashlib.sha256(f"{self._app_id}\0{key}".encode()).digest()
        return "o" + base64.urlsafe_b64encode(digest).decode()[:27]
