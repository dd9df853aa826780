"""The WeChat platform, simulated: it pushes what citizens do and holds the service to WeChat's rules."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot.simulator.api import PlatformApi
from bot.simulator.citizens import DemoCitizens
from bot.simulator.codes import Codes
from bot.simulator.consent import ConsentPage
from bot.simulator.delivering import PushDelivery
from bot.simulator.faults import Faults
from bot.simulator.journal import Journal
from bot.simulator.media import MediaShelf
from bot.simulator.menu import Menu
from bot.simulator.oauth import WebAuthorization
from bot.simulator.phones import Phones
from bot.simulator.pushes import Fields, Push
from bot.simulator.records import ChatEntry, Delivery, EntryKind, SimulatedAccount
from bot.simulator.sample_picture import SAMPLE_VOICE, sample_photo
from bot.simulator.template_library import Library
from bot.simulator.tokens import Tokens


class SimulatedPlatform(PushDelivery):
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
        kept = Journal(journal) if journal else None
        super().__init__(
            account=account,
            deliver_to=deliver_to,
            http=http,
            clock=clock,
            cut_after_s=cut_after_s,
            deliveries=deliveries,
            faults=Faults(),
            phones=Phones(clock=clock, journal=kept),
        )
        self.tokens = Tokens(clock=clock)
        self.citizens = DemoCitizens(app_id=account.app_id, journal=kept)
        # Starting at random keeps ids apart over restarts; the service remembers those it has seen.
        self._message_id = 23_000_000_000_000_000 + secrets.randbelow(10**15)
        self._background: set[asyncio.Task[Delivery]] = set()
        self.media = MediaShelf(clock=clock)
        self._api_prefix: str | None = None
        self._api = PlatformApi(
            account=account,
            phones=self.phones,
            tokens=self.tokens,
            faults=self.faults,
            clock=clock,
            template_sent=self._report_template,
            subscription_sent=self._report_subscription,
            admit_strangers=admit_strangers,
            media=self.media,
        )
        self.oauth = WebAuthorization(
            account=account,
            citizens=self.citizens,
            faults=self.faults,
            clock=clock,
            domain=lambda: urlsplit(self.deliver_to).netloc,
        )

    @property
    def menu(self) -> Menu | None:
        """The bottom menu the service created, if it did."""
        return self._api.menu

    @property
    def library(self) -> Library:
        """The account's templates, by their ids."""
        return self._api.library

    @library.setter
    def library(self, templates: Library) -> None:
        self._api.library = templates

    @property
    def codes(self) -> Codes:
        """The QR codes the service had made."""
        return self._api.codes

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The platform's API; see ``PlatformApi.routes``."""
        self._api_prefix = prefix.rstrip("/")
        asks = ConsentPage(
            account=self.account, oauth=self.oauth, library=lambda: self.library, answer=self.answer_popup
        )
        return [*self._api.routes(prefix), *self.oauth.routes(prefix), *asks.routes(prefix)]

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

    async def send_image(self, openid: str, data: bytes | None = None) -> Delivery:
        """The citizen sends a photo, the sample one if none is given; its bytes are at ``media/get`` under the
        MediaId for three days, and longer at the PicUrl."""
        media_id = self.media.add(data or sample_photo())
        self.phones.show(openid, "[照片]", kind=EntryKind.IMAGE, from_citizen=True, note=media_id)
        picture = self._picture_address(media_id)
        return await self._message(
            openid, "图片", {"MsgType": "image", "PicUrl": picture, "MediaId": media_id}
        )

    async def send_voice(self, openid: str, recognition: str) -> Delivery:
        """The citizen speaks; ``recognition`` is what the platform understood, possibly nothing."""
        self.phones.show(openid, recognition, kind=EntryKind.VOICE, from_citizen=True, note="语音")
        media_id = self.media.add(SAMPLE_VOICE, kind="voice")
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

    async def answer_popup(self, openid: str, answers: Mapping[str, bool]) -> Delivery:
        """The citizen is asked for subscription notices, and answers for each template id."""
        for template_id, agreed in answers.items():
            self.consent(openid, template_id, 1 if agreed else 0)
        said = [
            {
                "TemplateId": template_id,
                "SubscribeStatusString": "accept" if agreed else "reject",
                "PopupScene": "2",
            }
            for template_id, agreed in answers.items()
        ]
        line = f"你{'同意' if any(answers.values()) else '拒绝'}了订阅通知"
        fields = {"SubscribeMsgPopupEvent": {"List": said}}
        event = "subscribe_msg_popup_event"
        return await self._event(openid, event, fields, label="订阅授权", line=line, waits=False)

    # How it reaches the service

    def _picture_address(self, media_id: str) -> str:
        """On this platform's own host where it serves any; else where the real one would keep it."""
        if self._api_prefix is None or not self.deliver_to:
            return f"http://mmbiz.qpic.cn/mmbiz_jpg/{media_id}/0"
        ours = urlsplit(self.deliver_to)
        return f"{ours.scheme}://{ours.netloc}{self._api_prefix}/mmbiz/{media_id}/0"

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
        return await self.deliver(Push(openid, label, fields, now, message_id=str(self._message_id)))

    async def _event(
        self,
        openid: str,
        event: str,
        fields: Fields,
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
        return await self.deliver(Push(openid, label, named, now, shows_fault=waits))

    def _report_template(self, openid: str, message_id: str, arrived: bool) -> None:
        fields = {"MsgID": message_id, "Status": "success" if arrived else "failed:user block"}
        self._report(openid, "TEMPLATESENDJOBFINISH", fields, label="模板结果")

    def _report_subscription(self, openid: str, template_id: str, message_id: str) -> None:
        said = {"TemplateId": template_id, "MsgID": message_id, "ErrorCode": "0", "ErrorStatus": "success"}
        fields = {"SubscribeMsgSentEvent": {"List": [said]}}
        self._report(openid, "subscribe_msg_sent_event", fields, label="订阅结果")

    def _report(self, openid: str, event: str, fields: Fields, *, label: str) -> None:
        for _ in range(self.faults.repeat_reports):
            report = self._event(openid, event, fields, label=label, line=None, waits=False)
            task = asyncio.create_task(report)
            self._background.add(task)
            task.add_done_callback(self._background.discard)
