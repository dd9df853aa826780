"""The platform's API as the service calls it: tokens, customer-service messages, menus, templates, media."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from bot.simulator.codes import CodeInvalid, Codes
from bot.simulator.faults import BEFORE_EFFECT, Failure, Fault, Faults
from bot.simulator.media import Media, MediaShelf
from bot.simulator.menu import Menu, MenuInvalid, Menus
from bot.simulator.outgoing import ContentInvalid, read_custom, read_fields
from bot.simulator.phones import Closed, Phone, Phones
from bot.simulator.records import ApiCall, EntryKind, SimulatedAccount
from bot.simulator.template_library import Library
from bot.simulator.tokens import TokenRefused, Tokens

MESSAGES: Final = {
    0: "ok",
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40003: "invalid openid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40125: "invalid appsecret",
    41001: "access_token missing",
    42001: "access_token expired",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    40053: "invalid action info, please check document",
    46003: "menu not exist",
    65301: "not exist menu_id for this account",
    65303: "there is no selfmenu, please create selfmenu first",
    65304: "matchrule empty",
    65320: "invalid match rule",
    47001: "data format error",
    47003: "argument invalid",
    48001: "api unauthorized",
}

_CLIENT_ID_KNOWN: Final = timedelta(minutes=10)

Body = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiError(Exception):
    """An errcode for the caller, and the citizen it was about when one was named."""

    def __init__(self, code: int, *, openid: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.openid = openid


class PlatformApi:
    """Answers the service's calls; every answer is HTTP 200 with an errcode, as on the real platform."""

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        phones: Phones,
        tokens: Tokens,
        faults: Faults,
        clock: Callable[[], datetime],
        template_sent: Callable[[str, str, bool], None],
        subscription_sent: Callable[[str, str, str], None],
        admit_strangers: bool = False,
        media: MediaShelf | None = None,
    ) -> None:
        self._account = account
        self._phones = phones
        self._tokens = tokens
        self._faults = faults
        self._clock = clock
        self._template_sent = template_sent
        self._subscription_sent = subscription_sent
        self.library: Library = {}
        """The account's templates; put here by whoever sets the platform up."""
        self._notices = 0
        self._admit_strangers = admit_strangers
        self._media = media or MediaShelf(clock=clock)
        self._template_ids: dict[str, tuple[str, datetime]] = {}
        self._menus = Menus()
        self.codes = Codes(owner=account.original_id, clock=clock)

    @property
    def menu(self) -> Menu | None:
        """The default menu, if the service made one."""
        return self._menus.menu

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The API under ``{prefix}/cgi-bin``; the service's API base is ``http://host:port{prefix}``."""
        base = f"{prefix.rstrip('/')}/cgi-bin/"
        calls: dict[str, Callable[[Body], Body]] = {
            "message/custom/send": self._send,
            "message/custom/typing": self._typing,
            "message/template/send": self._send_template,
            "message/subscribe/bizsend": self._send_subscription,
            "menu/create": self._menus.create,
            "menu/addconditional": self._menus.add_conditional,
            "menu/delconditional": self._menus.delete_conditional,
            "qrcode/create": self.codes.create,
        }
        routes = [web.post(base + "stable_token", self._answering("stable_token", self._token))]
        routes += [
            web.post(base + name, self._answering(name, call, token=True)) for name, call in calls.items()
        ]
        for name, read in {"menu/get": self._menus.get, "menu/delete": self._menus.delete}.items():
            routes.append(web.get(base + name, self._answering(name, read, token=True)))
        routes.append(web.get(base + "media/get", self._get_media))
        routes.append(web.get(f"{prefix.rstrip('/')}/mmbiz/{{media_id}}/0", self._picture))
        routes.append(web.get(base + "showqrcode", self.codes.show))
        routes.append(web.route("*", base + "{rest:.*}", self._unknown))
        return routes

    def _answering(self, endpoint: str, call: Callable[[Body], Body], *, token: bool = False) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self._faults.take(endpoint)
            about = await self._named(request)
            met = None if fault is None else str(fault)
            if fault in BEFORE_EFFECT:
                self._phones.record_call(ApiCall(self._clock(), endpoint, -1, about, met))
                return await self._failed(request, fault)
            try:
                if token:
                    self._tokens.judge(request.query.get("access_token"))
                if isinstance(fault, int):
                    raise ApiError(fault)
                answer = call(await _json(request))
            except (ApiError, TokenRefused, Closed, MenuInvalid, CodeInvalid) as refused:
                answer = {"errcode": refused.code, "errmsg": MESSAGES.get(refused.code, "error")}
            # A stranger who writes only now is known by now.
            about = about or await self._named(request)
            self._phones.record_call(ApiCall(self._clock(), endpoint, answer.get("errcode", 0), about, met))
            return await self._answered(request, answer, fault)

        return handle

    async def _named(self, request: web.Request) -> str | None:
        """The citizen a call is about, if the platform knows them."""
        try:
            named = (await _json(request)).get("touser")
        except ApiError:
            return None
        return named if isinstance(named, str) and self._phones.find(named) else None

    async def _failed(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        """Nothing was done."""
        if fault is Failure.HTTP_500:
            return web.Response(status=500, text="system busy")
        if fault is Failure.HTTP_502:
            return web.Response(status=502, text="<html>502 Bad Gateway</html>", content_type="text/html")
        if fault is Failure.SLOW_BEFORE_EFFECT:
            await asyncio.sleep(self._faults.slow_s)
        return _dropped(request)

    async def _answered(self, request: web.Request, answer: Body, fault: Fault | None) -> web.StreamResponse:
        """It was done, or refused; whether the caller learns of it is another matter."""
        if fault is Failure.RESET_AFTER_EFFECT:
            return _dropped(request)
        if fault is Failure.SLOW_AFTER_EFFECT:
            await asyncio.sleep(self._faults.slow_s)
            return _dropped(request)
        if fault is Failure.LATE:
            await asyncio.sleep(self._faults.late_s)
        if fault is Failure.GARBAGE:
            return web.Response(text=json.dumps(answer)[:9], content_type="application/json")
        if fault is Failure.EMPTY:
            return web.Response(content_type="application/json")
        if fault is Failure.NO_OBJECT:
            return web.json_response([answer])
        if fault is Failure.TEXT_PLAIN:
            return web.Response(text=json.dumps(answer), content_type="text/plain")
        return web.json_response(answer)

    def _token(self, body: Body) -> Body:
        if body.get("grant_type") != "client_credential":
            raise ApiError(47001)
        if body.get("appid") != self._account.app_id:
            raise ApiError(40013)
        if body.get("secret") != self._account.secret:
            raise ApiError(40125)
        value, lives = self._tokens.stable(force=body.get("force_refresh") is True)
        return {"access_token": value, "expires_in": lives}

    def _known(self, body: Body) -> Phone:
        openid = body.get("touser")
        if not isinstance(openid, str) or not openid:
            raise ApiError(40003)
        phone = self._phones.find(openid)
        if self._admit_strangers and (phone is None or phone.stranger):
            # What a stranger writes goes past us: every answer is taken as the first to a message just sent.
            phone = self._phones.of(openid)
            phone.open_window("message", now=self._clock())
        if phone is None:
            raise ApiError(40003)
        return phone

    def _send(self, body: Body) -> Body:
        phone = self._known(body)
        try:
            message = read_custom(body)
        except ContentInvalid as invalid:
            raise ApiError(invalid.code) from invalid
        phone.spend(now=self._clock())
        self._phones.show(phone.openid, message.text, kind=message.kind, note="客服消息")
        return _ok()

    def _typing(self, body: Body) -> Body:
        phone = self._known(body)
        if body.get("command") not in ("Typing", "CancelTyping"):
            raise ApiError(47001)
        self._phones.show_typing(phone.openid, on=body["command"] == "Typing")
        return _ok()

    def _send_template(self, body: Body) -> Body:
        phone = self._known(body)
        if phone.follows is False:
            raise ApiError(43004)
        client_id = str(body.get("client_msg_id") or "")
        known, at = self._template_ids.get(client_id, ("", self._clock()))
        if known and self._clock() - at < _CLIENT_ID_KNOWN:
            return _ok(msgid=int(known))
        message_id = self._show_notice(phone, body, note="模板消息", shown=not phone.blocks_templates)
        if client_id:
            self._template_ids[client_id] = (message_id, self._clock())
            while len(self._template_ids) > 5000:
                del self._template_ids[next(iter(self._template_ids))]
        self._template_sent(phone.openid, message_id, not phone.blocks_templates)
        return _ok(msgid=int(message_id))

    def _send_subscription(self, body: Body) -> Body:
        phone = self._known(body)
        template = str(body.get("template_id"))
        if phone.consents.get(template, 0) < 1:
            raise ApiError(43101)
        message_id = self._show_notice(phone, body, note="订阅通知", strict=True)
        phone.consents[template] -= 1
        self._subscription_sent(phone.openid, template, message_id)
        return _ok(msgid=int(message_id))

    def _show_notice(
        self, phone: Phone, body: Body, *, note: str, strict: bool = False, shown: bool = True
    ) -> str:
        known = self.library.get(str(body.get("template_id")))
        try:
            text = read_fields(body, strict=strict, labels=known.labels if known else None)
        except ContentInvalid as invalid:
            raise ApiError(invalid.code) from invalid
        self._notices += 1
        if shown:
            title = known.title if known else note
            self._phones.show(phone.openid, text, kind=EntryKind.TEMPLATE, note=title)
        return str(int(self._clock().timestamp()) * 100_000 + self._notices % 100_000)

    async def _get_media(self, request: web.Request) -> web.StreamResponse:
        """A file; an error is JSON under HTTP 200, told apart from a file by its content only."""
        fault = self._faults.take("media/get")
        met = None if fault is None else str(fault)
        if fault in BEFORE_EFFECT:
            self._phones.record_call(ApiCall(self._clock(), "media/get", -1, None, met))
            return await self._failed(request, fault)
        found, code = None, 0
        try:
            self._tokens.judge(request.query.get("access_token"))
            if isinstance(fault, int):
                raise ApiError(fault)
            found = self._media.fetch(request.query.get("media_id", ""))
            if found is None:
                raise ApiError(40007)
        except (ApiError, TokenRefused) as refused:
            code = refused.code
        self._phones.record_call(ApiCall(self._clock(), "media/get", code, None, met))
        if found is None or fault not in (None, Failure.LATE, Failure.TEXT_PLAIN):
            return await self._answered(
                request, {"errcode": code, "errmsg": MESSAGES.get(code, "error")}, fault
            )
        if fault is Failure.LATE:
            await asyncio.sleep(self._faults.late_s)
        return _file(found)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        """The picture's own address, which needs no token and outlives the media id."""
        found = self._media.find(request.match_info["media_id"])
        if found is None or self._faults.take("mmbiz") is not None:
            raise web.HTTPNotFound
        return _file(found)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        self._phones.record_call(ApiCall(self._clock(), request.match_info["rest"][:60], 48001))
        return web.json_response({"errcode": 48001, "errmsg": MESSAGES[48001]})


def _file(media: Media) -> web.Response:
    return web.Response(
        body=media.data, content_type=media.content_type, headers={"X-Content-Type-Options": "nosniff"}
    )


def _dropped(request: web.Request) -> web.Response:
    """The connection is closed; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _json(request: web.Request) -> Body:
    if request.method == "GET":
        return {}
    try:
        body = json.loads(await request.read())
    except ValueError as wrong:
        raise ApiError(47001) from wrong
    if not isinstance(body, dict):
        raise ApiError(47001)
    return body


def _ok(**more: int) -> Body:
    return {"errcode": 0, "errmsg": "ok", **more}
