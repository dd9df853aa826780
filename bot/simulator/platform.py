"""The WeChat platform, simulated: it pushes what citizens do and holds the service to WeChat's rules."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final

import aiohttp
from aiohttp import web

from bot.simulator.api import PlatformApi
from bot.simulator.citizens import DemoCitizens
from bot.simulator.crypt import PushCipher
from bot.simulator.faults import Faults
from bot.simulator.journal import Journal
from bot.simulator.menu import Menu
from bot.simulator.phones import Phones
from bot.simulator.pushes import Push, seal
from bot.simulator.records import (
    ChatEntry,
    Delivery,
    EntryKind,
    Outcome,
    SimulatedAccount,
    Try,
    TryResult,
)
from bot.simulator.replies import MalformedReply, PassiveReply, read_reply
from bot.simulator.tokens import Tokens

FAULT_NOTICE: Final = "该公众号提供的服务出现故障，请稍后再试"
REPLY_BYTES: Final = 64 * 1024
_AGAIN: Final = (TryResult.CUT, TryResult.LOST, TryResult.UNREACHABLE)


class SimulatedPlatform:
    """One official account on a platform that enforces the real one's limits.

    ``deliver_to`` is the URL of the service's ``/wechat/{account}``. ``clock`` dates messages, windows and
    tokens; the cut after ``cut_after_s`` runs on real time. With ``admit_strangers`` the service
    may write to openids the platform never saw, as it must when others push to the service too. The phones
    are as they were when ``journal`` names the file of an earlier run.
    """

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        deliver_to: str,
        http: aiohttp.ClientSession,
        clock: Callable[[], datetime],
        cut_after_s: float = 5.0,
        deliveries: int = 3,
        admit_strangers: bool = False,
        journal: Path | None = None,
    ) -> None:
        self.account = account
        self.deliver_to = deliver_to
        self.faults = Faults()
        self.tokens = Tokens(clock=clock)
        kept = Journal(journal) if journal else None
        self.phones = Phones(clock=clock, journal=kept)
        self.citizens = DemoCitizens(app_id=account.app_id, journal=kept)
        self._http = http
        self._clock = clock
        self.cut_after_s = cut_after_s
        self._deliveries = deliveries
        self._cipher = PushCipher(encoding_aes_key=account.encoding_aes_key, app_id=account.app_id)
        # Starting at random keeps ids apart over restarts; the service remembers those it has seen.
        self._message_id = 23_000_000_000_000_000 + secrets.randbelow(10**15)
        self._background: set[asyncio.Task[Delivery]] = set()
        self._api = PlatformApi(
            account=account,
            phones=self.phones,
            tokens=self.tokens,
            faults=self.faults,
            clock=clock,
            template_sent=self._report_template,
            admit_strangers=admit_strangers,
        )

    @property
    def menu(self) -> Menu | None:
        """The bottom menu the service created, if it did."""
        return self._api.menu

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The platform's API; see ``PlatformApi.routes``."""
        return self._api.routes(prefix)

    def conversation(self, openid: str) -> list[ChatEntry]:
        """What the citizen's phone shows, oldest first (the last 200 lines)."""
        phone = self.phones.find(openid)
        return list(phone.entries) if phone else []

    async def arrival(self, openid: str, *, after: int, timeout_s: float = 5.0) -> ChatEntry:
        """The account's first line after the line numbered ``after``, waited for; TimeoutError if none comes."""
        async with asyncio.timeout(timeout_s):
            while True:
                arrived = self.phones.of(openid).arrived
                for entry in self.conversation(openid):
                    if entry.sequence > after and not entry.from_citizen:
                        return entry
                await arrived.wait()

    async def settle(self) -> None:
        """Wait until the reports of template messages have been pushed."""
        await asyncio.gather(*self._background)

    async def close(self) -> None:
        """End watches and pushes under way."""
        self.phones.close()
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    # What citizens do

    async def send_text(self, openid: str, text: str) -> Delivery:
        """The citizen types ``text``."""
        self.phones.show(openid, text, kind=EntryKind.TEXT, from_citizen=True)
        return await self._message(openid, "文字", {"MsgType": "text", "Content": text})

    async def tap_menu_choice(self, openid: str, content: str, id: str) -> Delivery:
        """The citizen taps a line of a tap menu: a text that also carries bizmsgmenuid."""
        self.phones.show(openid, content, kind=EntryKind.TEXT, from_citizen=True)
        fields = {"MsgType": "text", "Content": content, "bizmsgmenuid": id}
        return await self._message(openid, "点选", fields)

    async def send_location(self, openid: str, latitude: float, longitude: float, label: str) -> Delivery:
        """The citizen sends a place from the map."""
        self.phones.show(openid, label, kind=EntryKind.LOCATION, from_citizen=True, note="位置")
        fields: dict[str, str | int | float] = {
            "MsgType": "location",
            "Location_X": latitude,
            "Location_Y": longitude,
            "Scale": 15,
            "Label": label,
        }
        return await self._message(openid, "位置", fields)

    async def send_image(self, openid: str) -> Delivery:
        """The citizen sends the sample photo; its bytes are at ``media/get`` under the MediaId."""
        self.phones.show(openid, "[照片]", kind=EntryKind.IMAGE, from_citizen=True)
        media_id = f"sim-image-{secrets.token_urlsafe(12)}"
        picture = f"http://mmbiz.qpic.cn/mmbiz_jpg/{media_id}/0"
        return await self._message(
            openid, "图片", {"MsgType": "image", "PicUrl": picture, "MediaId": media_id}
        )

    async def send_voice(self, openid: str, recognition: str) -> Delivery:
        """The citizen speaks; ``recognition`` is what the platform understood, possibly nothing."""
        self.phones.show(openid, recognition, kind=EntryKind.VOICE, from_citizen=True, note="语音")
        media_id = f"sim-voice-{secrets.token_urlsafe(12)}"
        fields = {"MsgType": "voice", "MediaId": media_id, "Format": "amr", "Recognition": recognition}
        return await self._message(openid, "语音", fields)

    async def follow(self, openid: str, scene: str | None = None) -> Delivery:
        """The citizen follows the account, perhaps by a QR code that carries ``scene``."""
        self.phones.set_follows(openid, follows=True)
        fields = {"EventKey": f"qrscene_{scene}" if scene else ""}
        return await self._event(openid, "subscribe", fields, label="关注", line="你关注了公众号")

    async def unfollow(self, openid: str) -> Delivery:
        """The citizen leaves; nothing more can be sent to them."""
        self.phones.set_follows(openid, follows=False)
        return await self._event(
            openid, "unsubscribe", {"EventKey": ""}, label="取消关注", line="你取消了关注", waits=False
        )

    async def scan(self, openid: str, scene: str) -> Delivery:
        """A follower scans a QR code."""
        return await self._event(openid, "SCAN", {"EventKey": scene}, label="扫码", line="你扫描了二维码")

    async def click_menu(self, openid: str, key: str) -> Delivery:
        """The citizen taps a menu button that sends its key."""
        name = self._button_name("click", key)
        return await self._event(openid, "CLICK", {"EventKey": key}, label="菜单", line=f"你点击了“{name}”")

    async def view_menu(self, openid: str, url: str) -> Delivery:
        """The citizen taps a menu button that opens a page."""
        name = self._button_name("view", url)
        return await self._event(
            openid, "VIEW", {"EventKey": url}, label="打开网页", line=f"你打开了“{name}”", waits=False
        )

    async def revoke_authorization(self, openid: str) -> Delivery:
        """The citizen withdraws what they allowed the account to know: a duty to erase."""
        fields = {"OpenID": openid, "AppID": self.account.app_id, "RevokeInfo": "1"}
        event = "user_authorization_revoke"
        return await self._event(openid, event, fields, label="撤回授权", line="你撤回了授权", waits=False)

    def consent(self, openid: str, template_id: str, times: int = 1) -> None:
        """The citizen agrees to so many subscription notices."""
        consents = self.phones.of(openid).consents
        consents[template_id] = consents.get(template_id, 0) + times

    # How it reaches the service

    def _button_name(self, kind: str, value: str) -> str:
        tops = self.menu.buttons if self.menu else ()
        buttons = [button for top in tops for button in (top, *top.sub)]
        return next(
            (button.name for button in buttons if (button.kind, button.value) == (kind, value)), "菜单"
        )

    async def _message(
        self, openid: str, label: str, fields: dict[str, str] | dict[str, str | int | float]
    ) -> Delivery:
        now = self._clock()
        self.phones.of(openid).open_window("message", now=now)
        self._message_id += 1 + secrets.randbelow(1000)
        return await self._deliver(Push(openid, label, fields, now, message_id=str(self._message_id)))

    async def _event(
        self,
        openid: str,
        event: str,
        fields: dict[str, str],
        *,
        label: str,
        line: str | None,
        waits: bool = True,
    ) -> Delivery:
        now = self._clock()
        if line is not None:
            self.phones.show(openid, line, kind=EntryKind.EVENT, from_citizen=True)
        if event in ("subscribe", "SCAN", "CLICK"):
            self.phones.of(openid).open_window("event", now=now)
        named = {"MsgType": "event", "Event": event, **fields}
        return await self._deliver(Push(openid, label, named, now, shows_fault=waits))

    def _report_template(self, openid: str, message_id: str) -> None:
        fields = {"MsgID": message_id, "Status": "success"}
        report = self._event(
            openid, "TEMPLATESENDJOBFINISH", fields, label="模板结果", line=None, waits=False
        )
        task = asyncio.create_task(report)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _deliver(self, push: Push) -> Delivery:
        started = perf_counter()
        tries: list[Try] = []
        reply: PassiveReply | None = None
        for number in range(1, self._deliveries + 1):
            one, reply = await self._try(push, number)
            tries.append(one)
            if one.result not in _AGAIN:
                break
        delivery = self._settle(push, tries, reply, seconds=perf_counter() - started)
        self.phones.record(delivery)
        return delivery

    def _settle(
        self, push: Push, tries: list[Try], reply: PassiveReply | None, *, seconds: float
    ) -> Delivery:
        last = tries[-1]
        outcome, replies = Outcome.SUCCESS, tuple[str, ...]()
        if last.result is TryResult.ANSWERED:
            outcome = Outcome.ANSWERED
            if reply is not None and reply.text is not None:
                replies = (reply.text,)
                note = "" if last.number == 1 else f"第 {last.number} 次投递后回复"
                self.phones.show(push.openid, reply.text, kind=reply.kind, note=note)
        elif last.result is not TryResult.SUCCESS and not push.shows_fault:
            outcome = Outcome.FAILED
        elif last.result is not TryResult.SUCCESS:
            outcome = Outcome.FAULT_SHOWN
            self.phones.show(push.openid, FAULT_NOTICE, kind=EntryKind.FAULT)
        return Delivery(
            at=push.created_at,
            openid=push.openid,
            label=push.label,
            message_id=push.message_id,
            replies=replies,
            tries=tuple(tries),
            seconds=seconds,
            outcome=outcome,
            error=last.error,
        )

    async def _try(self, push: Push, number: int) -> tuple[Try, PassiveReply | None]:
        sealed = seal(push, account=self.account, cipher=self._cipher, now=self._clock())
        started = perf_counter()
        status: int | None = None
        reply: PassiveReply | None = None
        error: str | None = None
        try:
            async with asyncio.timeout(self.cut_after_s):
                status, body = await self._post(sealed.query, sealed.body)
            result, reply = self._judge(status, body, openid=push.openid)
        except TimeoutError:
            result, error = TryResult.CUT, f"{self.cut_after_s:g} 秒内没有回应，连接已断开"
        except aiohttp.ClientError as failed:
            result, error = TryResult.UNREACHABLE, f"连接失败({type(failed).__name__})"
        except MalformedReply as wrong:
            result, error = TryResult.MALFORMED, str(wrong)
        if result is TryResult.LOST:
            error = "回应在途中丢失"
        milliseconds = (perf_counter() - started) * 1000
        return Try(number, milliseconds, status, result, sealed.encrypted, error), reply

    async def _post(self, query: dict[str, str], body: str) -> tuple[int, bytes]:
        async with self._http.post(
            self.deliver_to,
            params=query,
            data=body.encode(),
            headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as response:
            read = bytearray()
            async for chunk in response.content.iter_chunked(16 * 1024):
                read += chunk
                if len(read) > REPLY_BYTES:
                    break
            return response.status, bytes(read)

    def _judge(self, status: int, body: bytes, *, openid: str) -> tuple[TryResult, PassiveReply | None]:
        if self.faults.take_lost_reply():
            return TryResult.LOST, None
        if status != 200:
            raise MalformedReply(f"HTTP {status}")
        if len(body) > REPLY_BYTES:
            raise MalformedReply("回复过大")
        reply = read_reply(body, account=self.account, cipher=self._cipher, openid=openid)
        return (TryResult.SUCCESS, None) if reply is None else (TryResult.ANSWERED, reply)
