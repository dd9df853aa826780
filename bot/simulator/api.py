"""The platform's API as the service calls it: tokens, customer-service messages, menus, templates, media."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from bot.simulator.faults import Failure, Faults
from bot.simulator.menu import Menu, MenuInvalid, read_menu
from bot.simulator.outgoing import ContentInvalid, read_custom, read_fields
from bot.simulator.phones import Closed, Phone, Phones
from bot.simulator.records import ApiCall, EntryKind, SimulatedAccount
from bot.simulator.sample_picture import sample_picture
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
    46003: "menu not exist",
    47001: "data format error",
    47003: "argument invalid",
    48001: "api unauthorized",
}

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
        template_sent: Callable[[str, str], None],
        admit_strangers: bool = False,
    ) -> None:
        self._account = account
        self._phones = phones
        self._tokens = tokens
        self._faults = faults
        self._clock = clock
        self._template_sent = template_sent
        self._admit_strangers = admit_strangers
        self._template_ids: dict[str, str] = {}
        self.menu: Menu | None = None

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The API under ``{prefix}/cgi-bin``; the service's API base is ``http://host:port{prefix}``."""
        base = f"{prefix.rstrip('/')}/cgi-bin/"
        calls: dict[str, Callable[[Body], Body]] = {
            "message/custom/send": self._send,
            "message/custom/typing": self._typing,
            "message/template/send": self._send_template,
            "message/subscribe/bizsend": self._send_subscription,
            "menu/create": self._create_menu,
        }
        routes = [web.post(base + "stable_token", self._answering("stable_token", self._token))]
        routes += [
            web.post(base + name, self._answering(name, call, token=True)) for name, call in calls.items()
        ]
        for name, read in {"menu/get": self._get_menu, "menu/delete": self._delete_menu}.items():
            routes.append(web.get(base + name, self._answering(name, read, token=True)))
        routes.append(web.get(base + "media/get", self._media))
        routes.append(web.route("*", base + "{rest:.*}", self._unknown))
        return routes

    def _answering(self, endpoint: str, call: Callable[[Body], Body], *, token: bool = False) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self._faults.take(endpoint)
            if fault is Failure.HTTP_500:
                return web.Response(status=500, text="system busy")
            named: object = None
            try:
                if token:
                    self._tokens.judge(request.query.get("access_token"))
                if isinstance(fault, int):
                    raise ApiError(fault)
                body = await _json(request)
                named = body.get("touser")
                answer = call(body)
            except (ApiError, TokenRefused, Closed) as refused:
                answer = {"errcode": refused.code, "errmsg": MESSAGES.get(refused.code, "error")}
            about = named if isinstance(named, str) and self._phones.find(named) else None
            self._phones.record_call(ApiCall(self._clock(), endpoint, answer.get("errcode", 0), about))
            if fault is Failure.RESET_AFTER_EFFECT and request.transport is not None:
                request.transport.close()
            return web.json_response(answer)

        return handle

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
        client_id = body.get("client_msg_id")
        if isinstance(client_id, str) and client_id in self._template_ids:
            return _ok(msgid=int(self._template_ids[client_id]))
        message_id = self._show_notice(phone, body, note="模板消息")
        if isinstance(client_id, str):
            self._template_ids[client_id] = message_id
            while len(self._template_ids) > 5000:
                del self._template_ids[next(iter(self._template_ids))]
        self._template_sent(phone.openid, message_id)
        return _ok(msgid=int(message_id))

    def _send_subscription(self, body: Body) -> Body:
        phone = self._known(body)
        template = str(body.get("template_id"))
        if phone.consents.get(template, 0) < 1:
            raise ApiError(43101)
        self._show_notice(phone, body, note="订阅通知", strict=True)
        phone.consents[template] -= 1
        return _ok()

    def _show_notice(self, phone: Phone, body: Body, *, note: str, strict: bool = False) -> str:
        try:
            text = read_fields(body, strict=strict)
        except ContentInvalid as invalid:
            raise ApiError(invalid.code) from invalid
        entry = self._phones.show(phone.openid, text, kind=EntryKind.TEMPLATE, note=note)
        return str(int(self._clock().timestamp()) * 100_000 + entry.sequence % 100_000)

    def _create_menu(self, body: Body) -> Body:
        try:
            self.menu = read_menu(body)
        except MenuInvalid as invalid:
            raise ApiError(invalid.code) from invalid
        return _ok()

    def _get_menu(self, _: Body) -> Body:
        if self.menu is None:
            raise ApiError(46003)
        return {"menu": self.menu.as_json()}

    def _delete_menu(self, _: Body) -> Body:
        self.menu = None
        return _ok()

    async def _media(self, request: web.Request) -> web.StreamResponse:
        try:
            self._tokens.judge(request.query.get("access_token"))
            if not request.query.get("media_id", "").startswith("sim-image-"):
                raise ApiError(40007)
        except (ApiError, TokenRefused) as refused:
            return web.json_response({"errcode": refused.code, "errmsg": MESSAGES[refused.code]})
        return web.Response(body=sample_picture(), content_type="image/png")

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        self._phones.record_call(ApiCall(self._clock(), request.match_info["rest"][:60], 48001))
        return web.json_response({"errcode": 48001, "errmsg": MESSAGES[48001]})


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
