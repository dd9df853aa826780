"""A measured rush on a running demo: many citizens chatting and a hotline sending, at a fixed rate."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import secrets
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from urllib.parse import urlsplit

import aiohttp

from bot.simulator.crypt import PushCipher
from bot.simulator.pushes import Push, seal
from bot.simulator.records import SimulatedAccount
from bot.simulator.replies import MalformedReply, read_reply

ANSWER_WITHIN_S = 5.0
"""WeChat's own patience; the hotline's platform is given the same."""
MOST_AT_ONCE = 500
MOST_REQUESTS = 200_000

QUESTIONS = (
    "社保卡丢了怎么补办？",
    "居住证怎么办理",
    "公积金可以提取出来交房租吗",
    "新生儿怎么上户口？",
    "老人看病异地怎么报销",
    "小孩上小学报名要带什么材料",
)
COMPLAINTS = (
    ("楼下烧烤店每天营业到凌晨，油烟和噪音都很大", "城关镇人民路12号"),
    ("小区路灯坏了三天了，老人晚上不敢出门", "城关镇解放路"),
    ("施工队半夜还在打桩，吵得睡不着", "东门小区"),
    ("自来水发黄有怪味，已经好几天了", "人民路"),
    ("垃圾站一个星期没有清运，臭得很", "南街菜市场旁边"),
)
_NUMBER = re.compile(r"HY\d{8,}")


class LoadInvalid(Exception):
    """The demo cannot be driven as described; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A running demo: where it listens, and the secrets with which it trusts us."""

    url: str
    api_key: str = field(repr=False)
    account: SimulatedAccount


@dataclass(slots=True)
class Kind:
    """What became of one kind of request."""

    sent: int = 0
    answered: int = 0
    failed: int = 0
    waited_ms: list[float] = field(default_factory=list)

    def as_json(self, seconds: float) -> dict[str, float | int | None]:
        """Percentiles over everything answered; None where nothing was."""
        waited = sorted(self.waited_ms)
        return {
            "sent": self.sent,
            "answered": self.answered,
            "failed": self.failed,
            "per_second": round(self.answered / seconds, 1) if seconds else None,
            **{f"p{p}_ms": percentile(waited, p) for p in (50, 95, 99)},
            "max_ms": round(waited[-1], 1) if waited else None,
        }


@dataclass(slots=True)
class Report:
    """Everything that was sent and how it ended. ``failures`` is empty when all went well."""

    seconds: float = 0.0
    messages: Kind = field(default_factory=Kind)
    tickets: Kind = field(default_factory=Kind)
    filed: int = 0
    kept: int = 0
    """Answered ``success``: the reply comes later, as a customer-service message."""
    repeated: int = 0
    held_back: int = 0
    """Requests due while ``MOST_AT_ONCE`` others still waited: the service is slower than the rate."""
    failures: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, object]:
        return {
            "seconds": round(self.seconds, 2),
            "messages": self.messages.as_json(self.seconds),
            "tickets": self.tickets.as_json(self.seconds),
            "filed": self.filed,
            "kept": self.kept,
            "repeated": self.repeated,
            "held_back": self.held_back,
            "failures": dict(self.failures),
        }


def percentile(ordered: list[float], percent: int) -> float | None:
    """The nearest-rank percentile of values in ascending order."""
    if not ordered:
        return None
    return round(ordered[max(0, -(-len(ordered) * percent // 100) - 1)], 1)


def read_target(text: str, *, url: str = "") -> Target:
    """A demo from the JSON it printed; raises ``LoadInvalid`` also for one that is not on this machine."""
    try:
        told = json.loads(text)
        wechat = told["wechat"]
        account = SimulatedAccount(
            name=wechat["account"],
            title="",
            app_id=wechat["app_id"],
            secret="",
            token=wechat["token"],
            encoding_aes_key=wechat["encoding_aes_key"],
        )
        target = Target((url or told["url"]).rstrip("/"), told["api_key"], account)
        host = urlsplit(target.url).hostname or ""
        PushCipher(encoding_aes_key=account.encoding_aes_key, app_id=account.app_id)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LoadInvalid("this is not what `huiyin demo` prints after DEMO") from None
    if not _on_this_machine(host):
        raise LoadInvalid(f"{host or 'that address'} is not this machine; only a demo here may be driven")
    return target


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def drive(target: Target, *, rate: float, seconds: float, ticket_share: float, run_id: str) -> Report:
    """Begin ``rate`` requests a second for so long, then wait for the last answers.

    ``run_id`` keeps the hotline's numbers of two runs apart. Raises ``LoadInvalid`` when nobody listens.
    """
    total = min(int(rate * seconds), MOST_REQUESTS)
    connector = aiohttp.TCPConnector(limit=MOST_AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        await _require_listening(http, target)
        rush = Rush(target, http, run_id)
        loop = asyncio.get_running_loop()
        started = loop.time()
        running: set[asyncio.Task[None]] = set()
        for index in range(total):
            due = started + index / rate
            await asyncio.sleep(max(0.0, due - loop.time()))
            if len(running) >= MOST_AT_ONCE:
                rush.report.held_back += 1
                continue
            is_ticket = int((index + 1) * ticket_share) > int(index * ticket_share)
            act = rush.send_ticket(due) if is_ticket else rush.send_message(due)
            task = asyncio.create_task(act)
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
        rush.report.seconds = loop.time() - started
    return rush.report


async def _require_listening(http: aiohttp.ClientSession, target: Target) -> None:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S), http.get(f"{target.url}/healthz") as response:
            healthy = response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        healthy = False
    if not healthy:
        raise LoadInvalid(f"no demo answers at {target.url}")


@dataclass(slots=True)
class _Citizen:
    """Somebody with a script; the next line is said only after the last was answered."""

    openid: str = field(repr=False)
    lines: deque[str]


class Rush:
    """Sends one request at a time and keeps the score."""

    def __init__(self, target: Target, http: aiohttp.ClientSession, run_id: str) -> None:
        self.report = Report()
        self._target = target
        self._http = http
        self._run_id = run_id
        account = target.account
        self._cipher = PushCipher(encoding_aes_key=account.encoding_aes_key, app_id=account.app_id)
        self._ready: deque[_Citizen] = deque()
        self._scripts = cycle(_scripts())
        self._message_id = secrets.randbelow(10**15) + 24_000_000_000_000_000
        self._registered: list[tuple[dict[str, object], str]] = []

    async def send_message(self, due: float) -> None:
        """The next line of a citizen who waits for no answer, or the first of a new one."""
        citizen = self._ready.popleft() if self._ready else None
        if citizen is None:
            citizen = _Citizen("oLoad" + secrets.token_urlsafe(17), deque(next(self._scripts)))
        line = citizen.lines.popleft()
        kind = self.report.messages
        kind.sent += 1
        try:
            reply = await self._push(citizen.openid, line)
        except Exception as error:
            kind.failed += 1
            self.report.failures[f"message: {_reason(error)}"] += 1
            return
        kind.answered += 1
        kind.waited_ms.append((asyncio.get_running_loop().time() - due) * 1000)
        if reply is None:
            # The answer comes by another way, which we do not see: this citizen goes on waiting for it.
            self.report.kept += 1
            return
        if line == _LAST and _NUMBER.search(reply):
            self.report.filed += 1
        elif line == _LAST:
            self.report.failures["message: the last line of a filing brought no ticket number"] += 1
        if citizen.lines:
            self._ready.append(citizen)

    async def _push(self, openid: str, text: str) -> str | None:
        account = self._target.account
        now = datetime.now(UTC)
        self._message_id += 1
        push = Push(
            openid, "文字", {"MsgType": "text", "Content": text}, now, message_id=str(self._message_id)
        )
        sealed = seal(push, account=account, cipher=self._cipher, now=now)
        async with (
            asyncio.timeout(ANSWER_WITHIN_S),
            self._http.post(
                f"{self._target.url}/wechat/{account.name}",
                params=sealed.query,
                data=sealed.body.encode(),
                headers={"Content-Type": "text/xml"},
            ) as response,
        ):
            body = await response.read()
            if response.status != 200:
                raise _Unexpected(response.status)
        reply = read_reply(body, account=account, cipher=self._cipher, openid=openid)
        return reply.text if reply else None

    async def send_ticket(self, due: float) -> None:
        """A new hotline ticket; every tenth is one sent again, which must give the same number."""
        kind = self.report.tickets
        kind.sent += 1
        again = bool(self._registered) and kind.sent % 10 == 0
        body, number = secrets.choice(self._registered) if again else (self._new_ticket(kind.sent), "")
        try:
            answered = await self._post_ticket(body, expected=200 if again else 201)
        except Exception as error:
            kind.failed += 1
            self.report.failures[f"ticket: {_reason(error)}"] += 1
            return
        kind.answered += 1
        kind.waited_ms.append((asyncio.get_running_loop().time() - due) * 1000)
        if not again:
            self._registered.append((body, answered))
            return
        self.report.repeated += 1
        if answered != number:
            self.report.failures["ticket: a number sent twice became two tickets"] += 1

    def _new_ticket(self, count: int) -> dict[str, object]:
        text, place = COMPLAINTS[count % len(COMPLAINTS)]
        return {
            "external_number": f"LT-{self._run_id}-{count}",
            "channel": "hotline",
            "text": f"{text}（第{count}次来电）",
            "place": place,
            "citizen": {"name": "李女士", "phone": f"139{count % 10**8:08d}"},
        }

    async def _post_ticket(self, body: dict[str, object], *, expected: int) -> str:
        headers = {"Authorization": f"Bearer {self._target.api_key}"}
        async with (
            asyncio.timeout(ANSWER_WITHIN_S),
            self._http.post(f"{self._target.url}/api/v1/tickets", json=body, headers=headers) as response,
        ):
            if response.status != expected:
                raise _Unexpected(response.status)
            return str((await response.json())["number"])


class _Unexpected(Exception):
    """An HTTP status other than the one the contract names."""


_LAST = "确认提交"


def _scripts() -> tuple[tuple[str, ...], ...]:
    """Three citizens ask for one who files: most contacts are questions."""
    filings = [("我要投诉", text, place, "不留", "公开", _LAST) for text, place in COMPLAINTS]
    scripts: list[tuple[str, ...]] = []
    questions = cycle(QUESTIONS)
    for filing in filings:
        scripts += [("你好", next(questions)), (next(questions),), (next(questions), "有用"), filing]
    return tuple(scripts)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWER_WITHIN_S:g} s"
    if isinstance(error, _Unexpected):
        return f"HTTP {error.args[0]}"
    if isinstance(error, MalformedReply):
        return f"WeChat would show its fault notice ({error})"
    return type(error).__name__
