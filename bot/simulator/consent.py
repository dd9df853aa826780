"""The question WeChat asks before subscription notices, as a page the service may lead to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from aiohttp import web

from bot.simulator.asking import ask
from bot.simulator.oauth import WebAuthorization
from bot.simulator.records import SimulatedAccount
from bot.simulator.template_library import Library

Answer = Callable[[str, Mapping[str, bool]], Awaitable[object]]


class ConsentPage:
    """``answer`` is told the citizen's openid and what they said to each template."""

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        oauth: WebAuthorization,
        library: Callable[[], Library],
        answer: Answer,
    ) -> None:
        self._account = account
        self._oauth = oauth
        self._library = library
        self._answer = answer

    def routes(self, prefix: str) -> list[web.RouteDef]:
        address = f"{prefix.rstrip('/')}/subscribe/consent"
        return [web.get(address, self.show), web.post(address, self.take)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        wrong = self._judge(request)
        if wrong:
            return ask(wrong=wrong, status=400)
        library = self._library()
        notices = [(one, library[one].title if one in library else "办理进度") for one in _ids(request.query)]
        return ask(title=self._account.title, notices=notices)

    async def take(self, request: web.Request) -> web.StreamResponse:
        wrong = self._judge(request)
        if wrong or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return ask(wrong=wrong or "只接受本页面发出的请求", status=400)
        form = await request.post()
        citizen = self._oauth.phone_of(request)
        assert citizen is not None, "judged"
        accepted = form.getall("accept", []) if form.get("answer") == "yes" else []
        await self._answer(citizen.openid, {one: one in accepted for one in _ids(request.query)})
        raise web.HTTPSeeOther(request.query["redirect_url"])

    def _judge(self, request: web.Request) -> str:
        query = request.query
        if query.get("appid") != self._account.app_id or not _ids(query):
            return "该公众号没有这个通知"
        if urlsplit(query.get("redirect_url", "")).netloc != self._oauth.domain():
            return "redirect_url 域名与后台配置不一致"
        return "" if self._oauth.phone_of(request) else "请先从聊天里打开"


def _ids(query: Mapping[str, str]) -> list[str]:
    return [one for one in query.get("template_ids", "").split(",") if one][:5]
