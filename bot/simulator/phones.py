"""The citizens' phones: what each shows, whether it follows the account, and who watches it live."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from bot.simulator.journal import ENTRIES, PHONES, Journal, Remembered
from bot.simulator.records import ApiCall, ChatEntry, Delivery, EntryKind

RECORDS: Final = 40

MESSAGE_WINDOW: Final = (5, timedelta(hours=48))
EVENT_WINDOW: Final = (3, timedelta(minutes=1))


class Closed(Exception):
    """No customer-service message may go to this citizen now; ``code`` is the platform's errcode."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Window:
    """How many customer-service messages are left, and until when."""

    left: int
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Typing:
    """The account shows 正在输入 (or has stopped)."""

    on: bool


Seen = ChatEntry | Delivery | ApiCall | Typing
"""What a watcher of one citizen is told."""


@dataclass(slots=True)
class Phone:
    """One citizen's side of the account."""

    openid: str
    follows: bool | None = None
    """None until the citizen follows or leaves; writing without following is allowed."""
    entries: deque[ChatEntry] = field(default_factory=lambda: deque(maxlen=ENTRIES))
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=RECORDS))
    consents: dict[str, int] = field(default_factory=dict)
    """Template id → how many subscription notices the citizen agreed to."""
    blocks_templates: bool = False
    """The citizen refuses this account's template messages; only the report says so."""
    windows: dict[Literal["message", "event"], Window] = field(default_factory=dict)
    watchers: set[asyncio.Queue[Seen | None]] = field(default_factory=set)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def open_window(self, which: Literal["message", "event"], *, now: datetime) -> None:
        """A message opens 5 within 48 hours; a follow, scan or menu click 3 within one minute."""
        count, length = MESSAGE_WINDOW if which == "message" else EVENT_WINDOW
        self.windows[which] = Window(count, now + length)

    @property
    def stranger(self) -> bool:
        """Whether the platform never saw the citizen do anything."""
        return not any(entry.from_citizen for entry in self.entries)

    def spend(self, *, now: datetime) -> None:
        """Take one customer-service message off the window that closes first, or raise ``Closed``."""
        if self.follows is False:
            raise Closed(43004)
        windows = sorted(self.windows.values(), key=lambda window: window.closes_at)
        open_now = [window for window in windows if now < window.closes_at]
        if not open_now:
            raise Closed(45015)
        for window in open_now:
            if window.left:
                window.left -= 1
                return
        raise Closed(45047)

    def tell(self, seen: Seen | None) -> None:
        """Tell every watcher; one that does not read loses news rather than holding up the platform."""
        for queue in self.watchers:
            if not queue.full():
                queue.put_nowait(seen)


class Phones:
    """All citizens the platform knows, the least recently active forgotten first."""

    def __init__(self, *, clock: Callable[[], datetime], journal: Journal | None = None) -> None:
        self._clock = clock
        self._journal = journal
        self._phones: OrderedDict[str, Phone] = OrderedDict()
        self.most = PHONES
        self.told: Callable[[ApiCall], None] | None = None
        """Called with every API call, for who must see them all."""
        # Later than any number of an earlier run, so that a page left open goes on where it was.
        self._sequence = int(clock().timestamp() * 1000)
        self.calls: deque[ApiCall] = deque(maxlen=RECORDS)
        for openid, remembered in (journal.phones if journal else {}).items():
            self._restore(openid, remembered)

    def _restore(self, openid: str, remembered: Remembered) -> None:
        phone = self.of(openid)
        phone.entries.extend(remembered.entries)
        phone.follows = remembered.follows
        # Who wrote when is not kept; answers to yesterday's messages should still arrive.
        phone.open_window("message", now=self._clock())
        self._sequence = max(self._sequence, *(entry.sequence for entry in remembered.entries), 0)

    def __iter__(self) -> Iterator[Phone]:
        return iter(list(self._phones.values()))

    def find(self, openid: str) -> Phone | None:
        """The citizen's phone if the citizen ever met the account."""
        return self._phones.get(openid)

    def of(self, openid: str) -> Phone:
        """The citizen's phone, new if need be."""
        phone = self._phones.get(openid)
        if phone is None:
            phone = self._phones[openid] = Phone(openid)
            self._forget()
        self._phones.move_to_end(openid)
        return phone

    def _forget(self) -> None:
        for openid in list(self._phones):
            if len(self._phones) <= self.most:
                return
            if not self._phones[openid].watchers:
                del self._phones[openid]

    def show(
        self, openid: str, text: str, *, kind: EntryKind, from_citizen: bool = False, note: str = ""
    ) -> ChatEntry:
        """Put one line on the citizen's phone."""
        self._sequence += 1
        entry = ChatEntry(self._sequence, self._clock(), from_citizen, text, kind, note)
        phone = self.of(openid)
        phone.entries.append(entry)
        if self._journal is not None:
            self._journal.entered(openid, entry)
        phone.tell(entry)
        # A new Event for the next line: whoever waits on the old one is woken exactly once.
        arrived, phone.arrived = phone.arrived, asyncio.Event()
        arrived.set()
        return entry

    def set_follows(self, openid: str, *, follows: bool) -> None:
        """The citizen follows the account, or leaves, which closes every window."""
        phone = self.of(openid)
        phone.follows = follows
        if not follows:
            phone.windows.clear()
        if self._journal is not None:
            self._journal.followed(openid, follows=follows)

    def show_typing(self, openid: str, *, on: bool) -> None:
        """Tell whoever watches that the account is typing."""
        self.of(openid).tell(Typing(on))

    def record(self, delivery: Delivery) -> None:
        """Keep a push's fate for the platform's view."""
        phone = self.of(delivery.openid)
        phone.deliveries.append(delivery)
        phone.tell(delivery)

    def record_call(self, call: ApiCall) -> None:
        """Keep an API call for the platform's view; one that names no citizen is shown to all."""
        self.calls.append(call)
        if self.told is not None:
            self.told(call)
        told = self if call.openid is None else [self.of(call.openid)]
        for phone in told:
            phone.tell(call)

    @contextmanager
    def watch(self, openid: str) -> Iterator[asyncio.Queue[Seen | None]]:
        """Everything that happens to one citizen from now on; None means that the platform closes."""
        phone = self.of(openid)
        queue: asyncio.Queue[Seen | None] = asyncio.Queue(maxsize=200)
        phone.watchers.add(queue)
        try:
            yield queue
        finally:
            phone.watchers.discard(queue)

    def close(self) -> None:
        """End every watch."""
        for phone in self:
            phone.tell(None)
