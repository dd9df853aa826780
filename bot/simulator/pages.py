"""The /simulator pages: a chat that is a WeChat client, and the platform's view beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson
from aiohttp import web

from bot.simulator.actions import ActionInvalid, act
from bot.simulator.citizens import DemoCitizen
from bot.simulator.media import content_type
from bot.simulator.phones import Seen, Typing
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import ChatEntry, Delivery
from bot.simulator.sample_picture import sample_photo, sample_picture
from bot.simulator.views import PageContent, Views

STATIC: Final = {"simulator.css": "text/css", "simulator.js": "text/javascript"}
HEARTBEAT_S: Final = 15.0
MOST_PHOTO_BYTES: Final = 11 * 1024 * 1024
"""A photo of 10 MB, the most WeChat takes, with the form around it."""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    # Under no-referrer a browser sends "Origin: null" even with our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def mount_simulator(
    app: web.Application,
    platform: SimulatedPlatform,
    *,
    clock: Callable[[], datetime],
    content: PageContent | None = None,
    api_prefix: str = "/simulator/platform",
) -> None:
    """Put pages and platform API on the application, and end its live streams when it shuts down.

    The service's API base is then ``http://host:port{api_prefix}``.
    """

    async def close(_: web.Application) -> None:
        await platform.close()

    app.add_routes(platform.routes(api_prefix))
    app.add_routes(simulator_routes(platform, clock=clock, content=content))
    app.on_shutdown.append(close)


def simulator_routes(
    platform: SimulatedPlatform,
    *,
    clock: Callable[[], datetime],
    content: PageContent | None = None,
    base: str = "/simulator",
) -> list[web.RouteDef]:
    """The pages under ``base``. Whoever adds them closes the platform in ``app.on_shutdown``."""
    pages = _Pages(platform, clock=clock, content=content or PageContent(), base=base)
    return [
        web.get(base, pages.show),
        web.post(f"{base}/send", pages.send),
        web.post(f"{base}/citizens", pages.create_citizen),
        web.get(f"{base}/events", pages.events),
        web.get(f"{base}/photo.png", pages.photo),
        web.post(f"{base}/photo", pages.send_photo),
        web.get(f"{base}/photo/{{media_id}}", pages.sent_photo),
        web.get(f"{base}/static/{{name}}", pages.static),
        web.post(f"{base}/api/send", pages.api_send),
        web.get(f"{base}/api/conversation", pages.api_conversation),
    ]


class _Pages:
    def __init__(
        self,
        platform: SimulatedPlatform,
        *,
        clock: Callable[[], datetime],
        content: PageContent,
        base: str,
    ) -> None:
        self._platform = platform
        self._base = base
        self._clock = clock
        self._citizens = platform.citizens
        self._views = Views(platform=platform, citizens=self._citizens, content=content, base=base)

    async def show(self, request: web.Request) -> web.Response:
        citizen = self._citizens.find(request.query.get("citizen", "wang"))
        if citizen is None:
            raise web.HTTPSeeOther(self._base)
        page = self._page(citizen)
        if request.cookies.get(self._platform.oauth.cookie) != citizen.key:
            # Another phone: it was never on the pages the last one's owner opened.
            self._platform.oauth.show_phone_of(page, citizen)
            page.del_cookie("huiyin_my", path=f"/my/{self._platform.account.name}")
        return page

    def _page(self, citizen: DemoCitizen, *, mistake: str = "", status: int = 200) -> web.Response:
        phone = self._platform.phones.of(citizen.openid)
        html = self._views.page(citizen, phone, now=self._clock(), mistake=mistake)
        return web.Response(text=html, content_type="text/html", status=status, headers=_HEADERS)

    async def send(self, request: web.Request) -> web.Response:
        _require_same_origin(request)
        fields = _from_form(await request.post())
        citizen = self._get_citizen(fields)
        try:
            await act(self._platform, citizen.openid, fields)
        except ActionInvalid as wrong:
            return self._page(citizen, mistake=str(wrong), status=422)
        raise web.HTTPSeeOther(f"{self._base}?citizen={quote(citizen.key)}#end")

    async def create_citizen(self, request: web.Request) -> web.Response:
        _require_same_origin(request)
        citizen = self._citizens.create(str((await request.post()).get("name", "")))
        if citizen is None:
            mistake = "名字要 1 到 12 个字，只用汉字、字母或数字"
            return self._page(self._citizens.all()[0], mistake=mistake, status=422)
        raise web.HTTPSeeOther(f"{self._base}?citizen={quote(citizen.key)}")

    async def photo(self, _: web.Request) -> web.Response:
        return web.Response(body=sample_picture(), content_type="image/png", headers=_HEADERS)

    async def send_photo(self, request: web.Request) -> web.Response:
        """A picture file of the visitor's own, sent as the citizen's photo."""
        _require_same_origin(request)
        # A limit of a request's own can only be given to a copy of it; the body has not been read yet.
        form = await request.clone(client_max_size=MOST_PHOTO_BYTES).post()
        citizen = self._get_citizen({"citizen": str(form.get("citizen", ""))})
        chosen = form.get("photo")
        data = chosen.file.read() if isinstance(chosen, web.FileField) else b""
        if not content_type(data).startswith("image/"):
            return self._page(citizen, mistake="请选一张照片（JPG、PNG、GIF或WebP）", status=422)
        await self._platform.send_image(citizen.openid, data)
        raise web.HTTPSeeOther(f"{self._base}?citizen={quote(citizen.key)}#end")

    async def sent_photo(self, request: web.Request) -> web.Response:
        """A photo as the phone shows it; the sample for one sent before the last start."""
        found = self._platform.media.find(request.match_info["media_id"])
        data = found.data if found is not None else sample_photo()
        return web.Response(body=data, content_type=content_type(data), headers=_HEADERS)

    async def static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in STATIC:
            raise web.HTTPNotFound
        path = Path(__file__).parent / "static" / name
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
        return web.Response(text=text, content_type=STATIC[name], headers=headers)

    async def api_send(self, request: web.Request) -> web.Response:
        """A citizen's act by script; a citizen nobody has met yet is created by name."""
        _require_same_origin(request)
        try:
            body = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            return _problem("请求体要是 JSON 对象")
        fields = {name: str(value) for name, value in body.items() if isinstance(value, str | int | float)}
        citizen = self._citizens.create(fields.get("citizen", "wang"))
        if citizen is None:
            return _problem("citizen 要是 1 到 12 个字的名字")
        try:
            delivery = await act(self._platform, citizen.openid, fields)
        except ActionInvalid as wrong:
            return _problem(str(wrong))
        return _json(_delivery_json(delivery))

    async def api_conversation(self, request: web.Request) -> web.Response:
        """One phone's lines, of a citizen by key or name or of any ``openid``, also one that has none yet."""
        openid = request.query.get("openid")
        if openid is None:
            citizen: DemoCitizen | None = self._get_citizen(request.query)
        else:
            citizen = next((one for one in self._citizens.all() if one.openid == openid), None)
        after = request.query.get("after", "0")
        first = int(after) if after.isdecimal() else 0
        entries = self._platform.conversation(citizen.openid if citizen else openid or "")
        lines = [_entry_json(entry) for entry in entries if entry.sequence > first]
        key, name = (citizen.key, citizen.name) if citizen else (None, None)
        return _json({"citizen": key, "name": name, "entries": lines})

    def _get_citizen(self, fields: Mapping[str, str]) -> DemoCitizen:
        citizen = self._citizens.find(fields.get("citizen", ""))
        if citizen is None:
            raise web.HTTPNotFound(text="没有这位市民", headers=_HEADERS)
        return citizen

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: what the page's reader missed (Last-Event-ID or ``after``), then all that comes."""
        citizen = self._get_citizen(request.query)
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
        stream = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await stream.prepare(request)
        with self._platform.phones.watch(citizen.openid) as seen:
            shown = int(after) if after.isdecimal() else 0
            await stream.write(b"retry: 1000\n\n")
            for entry in self._platform.conversation(citizen.openid):
                if entry.sequence > shown:
                    await stream.write(self._event(entry, citizen))
            with suppress(ConnectionResetError):  # the reader closed the page
                await self._follow_live(stream, seen, citizen)
        return stream

    async def _follow_live(
        self, stream: web.StreamResponse, seen: asyncio.Queue[Seen | None], citizen: DemoCitizen
    ) -> None:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    news = await seen.get()
            except TimeoutError:
                await stream.write(b": still here\n\n")
                continue
            if news is None:
                return
            await stream.write(self._event(news, citizen))

    def _event(self, seen: Seen, citizen: DemoCitizen) -> bytes:
        phone = self._platform.phones.of(citizen.openid)
        if isinstance(seen, ChatEntry):
            html = self._views.entry(seen, phone, citizen, now=self._clock())
            data = {"html": html, "sequence": seen.sequence, "from_citizen": seen.from_citizen}
            return b"id: %d\nevent: entry\ndata: %b\n\n" % (seen.sequence, orjson.dumps(data))
        if isinstance(seen, Typing):
            return b"event: typing\ndata: %b\n\n" % orjson.dumps({"on": seen.on})
        if isinstance(seen, Delivery):
            data = {"html": self._views.delivery(seen)}
            return b"event: delivery\ndata: %b\n\n" % orjson.dumps(data)
        return b"event: call\ndata: %b\n\n" % orjson.dumps({"html": self._views.call(seen)})


def _from_form(form: Mapping[str, Any]) -> dict[str, str]:
    """A form's fields; a button that means more than one carries them in its value as ``kind|id|text``."""
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    button = fields.pop("do", "")
    if button:
        kind, detail, text = [*button.split("|", 2), "", ""][:3]
        name = {
            "click": "key",
            "view": "url",
            "scan": "scene",
            "agree": "template",
            "decline": "template",
        }.get(kind, "id")
        fields |= {"kind": kind, name: detail, **({"text": text} if text else {})}
    return fields


def _require_same_origin(request: web.Request) -> None:
    """Refuse a POST another site's page made; programs send neither header and are let through."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="只接受本页面发出的请求")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="只接受本页面发出的请求")


def _json(data: object) -> web.Response:
    return web.Response(body=orjson.dumps(data), content_type="application/json", headers=_HEADERS)


def _problem(detail: str) -> web.Response:
    body = orjson.dumps({"type": "about:blank", "title": "无法处理", "status": 422, "detail": detail})
    return web.Response(status=422, body=body, content_type="application/problem+json", headers=_HEADERS)


def _delivery_json(delivery: Delivery) -> dict[str, object]:
    return {
        "outcome": delivery.outcome,
        "replies": delivery.replies,
        "attempts": delivery.attempts,
        "seconds": round(delivery.seconds, 4),
        "message_id": delivery.message_id,
        "error": delivery.error,
        "tries": [
            {
                "number": one.number,
                "milliseconds": round(one.milliseconds, 2),
                "status": one.status,
                "result": one.result,
                "encrypted": one.encrypted,
                "error": one.error,
            }
            for one in delivery.tries
        ],
    }


def _entry_json(entry: ChatEntry) -> dict[str, object]:
    return {
        "sequence": entry.sequence,
        "at": entry.at,
        "from_citizen": entry.from_citizen,
        "text": entry.text,
        "kind": entry.kind,
        "note": entry.note,
    }
