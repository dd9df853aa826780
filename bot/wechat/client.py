"""Everything we send to the platform by ourselves: customer-service messages, templates, the menu.

No token, secret or openid appears in an exception or a log line: errors are raised ``from None`` because aiohttp's
carry the URL, and with it the token.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import aiohttp
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.redis_state import Fetched, FetchRefused, SingleFlight
from bot.wechat.accounts import Account
from bot.wechat.codec import fit_text
from bot.wechat.delivery import ONE_API_ONLY, DeliveryClass, DeliveryRefused, DeliveryUnknown, classify

__all__ = ["API_BASE", "DeliveryClass", "DeliveryRefused", "DeliveryUnknown", "WeChatClient"]

_log = structlog.get_logger(__name__)

API_BASE = "https://api.weixin.qq.com"
MAX_TRIES = 3
BACKOFF_S = 0.5
CIRCUIT_S = 60.0
TIMEOUT = aiohttp.ClientTimeout(total=8, connect=3, sock_connect=3)

_CUSTOM_SEND = "/cgi-bin/message/custom/send"
_CUSTOM_TYPING = "/cgi-bin/message/custom/typing"
_TEMPLATE_SEND = "/cgi-bin/message/template/send"
_MENU_CREATE = "/cgi-bin/menu/create"
_STABLE_TOKEN = "/cgi-bin/stable_token"  # noqa: S105 - a path
_MAX_ANSWER_BYTES = 64 * 1024
_OVERLAP_S = 300
"""In its last five minutes the platform honours the old token beside the new one."""


class WeChatClient:
    """Sends on behalf of one account. Every method raises DeliveryRefused or DeliveryUnknown, and nothing else."""

    def __init__(
        self,
        account: Account,
        http: aiohttp.ClientSession,
        redis: Redis,
        api_base: str = API_BASE,
        *,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account = account
        self._http = http
        self._base = api_base.rstrip("/")
        self._timeout = timeout
        self._pause = pause
        self._monotonic = monotonic
        self._token = SingleFlight(redis, f"wechat-token:{account.app_id}")
        self._closed_apis: dict[str, tuple[int, float]] = {}

    async def send_text(self, openid: str, text: str) -> None:
        """A customer-service text message, cut like a reply. DeliveryUnknown: never send it again."""
        await self._call(
            _CUSTOM_SEND, {"touser": openid, "msgtype": "text", "text": {"content": fit_text(text)}}
        )

    async def send_menu(self, openid: str, head: str, items: Sequence[tuple[str, str]], tail: str) -> None:
        """A customer-service message with choices to tap; ``items`` are (id, words)."""
        menu = {
            "head_content": fit_text(head),
            "list": [{"id": choice, "content": words} for choice, words in items],
            "tail_content": fit_text(tail),
        }
        await self._call(_CUSTOM_SEND, {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu})

    async def typing(self, openid: str) -> None:
        """Show 对方正在输入…; a courtesy, so it is tried once and its failure is only counted in the log."""
        try:
            await self._call(_CUSTOM_TYPING, {"touser": openid, "command": "Typing"}, tries=1)
        except (DeliveryRefused, DeliveryUnknown) as error:
            _log.debug("wechat typing not shown", account=self._account.name, error=type(error).__name__)

    async def send_template(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        *,
        client_msg_id: str,
        url: str | None = None,
    ) -> None:
        """A template message. ``client_msg_id`` makes it idempotent, so an unknown outcome is tried again."""
        payload: dict[str, object] = {
            "touser": openid,
            "template_id": template_id,
            "client_msg_id": client_msg_id,
            "data": {name: {"value": value} for name, value in data.items()},
        }
        if url:
            payload["url"] = url
        await self._call(_TEMPLATE_SEND, payload, idempotent=True)

    async def create_menu(self, buttons: Sequence[Mapping[str, object]]) -> None:
        """Replace the account's default menu; ``buttons`` as the platform documents them."""
        await self._call(_MENU_CREATE, {"button": list(buttons)}, idempotent=True)

    async def _call(
        self, path: str, payload: Mapping[str, object], *, idempotent: bool = False, tries: int = MAX_TRIES
    ) -> None:
        """Send, with a back-off while the platform is busy."""
        for attempt in range(1, tries + 1):
            try:
                return await self._send(path, payload)
            except DeliveryRefused as refused:
                if refused.klass is not DeliveryClass.BUSY or attempt == tries:
                    raise
            except DeliveryUnknown:
                if not idempotent or attempt == tries:
                    raise
            ceiling = BACKOFF_S * 2 ** (attempt - 1)
            await self._pause(random.uniform(ceiling / 2, ceiling))
        return None

    async def _send(self, path: str, payload: Mapping[str, object]) -> None:
        """Send with a good token: a token that proves bad is replaced once and the call repeated once."""
        self._refuse_if_closed(path)
        token = await self._get_token()
        try:
            try:
                await self._post(path, payload, token)
            except DeliveryRefused as refused:
                if refused.klass is not DeliveryClass.TOKEN or not await self._forget_token(token):
                    raise
                await self._post(path, payload, await self._get_token())
        except DeliveryRefused as refused:
            await self._take_note(path, refused)
            raise

    async def _post(self, path: str, payload: Mapping[str, object], token: str) -> None:
        status, answer = await self._exchange(path, payload, {"access_token": token})
        code = answer.get("errcode", 0) if answer is not None else status
        if isinstance(code, bool) or not isinstance(code, int):
            raise DeliveryUnknown
        if status >= 300 and not code:
            code = status
        if answer is None and status < 300:
            raise DeliveryUnknown
        if code:
            raise DeliveryRefused(code, classify(code))

    async def _exchange(
        self, path: str, payload: Mapping[str, object], params: Mapping[str, str]
    ) -> tuple[int, dict[str, object] | None]:
        """One POST: the status and the JSON object of the answer, or None if it is none."""
        try:
            async with self._http.post(
                f"{self._base}{path}",
                params=params,
                data=json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace"),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                return response.status, await _json_object(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            # Nothing was sent: the connection itself failed.
            raise DeliveryRefused(-1, DeliveryClass.BUSY) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise DeliveryUnknown from None

    async def _get_token(self) -> str:
        try:
            return await self._token.get(self._fetch_token)
        except FetchRefused as refused:
            code = int(refused.reason) if refused.reason.lstrip("-").isdigit() else -1
            # Here 40001 means a wrong AppSecret, which no other token will cure.
            klass = classify(code)
            klass = DeliveryClass.ACCOUNT if klass is DeliveryClass.TOKEN else klass
            raise DeliveryRefused(code, klass) from None
        except RedisError as error:
            _log.error("wechat token unreachable", account=self._account.name, error=type(error).__name__)
            raise DeliveryRefused(-1, DeliveryClass.BUSY) from None

    async def _forget_token(self, token: str) -> bool:
        try:
            return await self._token.forget(token)
        except RedisError:
            return False

    async def _fetch_token(self) -> Fetched:
        """Ask for the stable token; asking twice gives the same one, so an unknown outcome is merely busy."""
        request = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret,
            "force_refresh": False,
        }
        try:
            status, answer = await self._exchange(_STABLE_TOKEN, request, {})
        except (DeliveryRefused, DeliveryUnknown):
            raise FetchRefused("-1", BACKOFF_S / 2) from None
        token, lasts = (answer or {}).get("access_token"), (answer or {}).get("expires_in")
        if isinstance(token, str) and 0 < len(token) <= 512 and isinstance(lasts, int) and lasts > 0:
            return Fetched(value=token, keep_s=max(lasts - _OVERLAP_S, lasts / 2))
        found = (answer or {}).get("errcode")
        code = found if isinstance(found, int) and found else (status if status >= 300 else -1)
        if classify(code) is DeliveryClass.BUSY:
            raise FetchRefused(str(code), BACKOFF_S / 2)
        _log.error("wechat token refused", account=self._account.name, code=code, alarm=True)
        raise FetchRefused(str(code), CIRCUIT_S)

    def _refuse_if_closed(self, path: str) -> None:
        code, until = self._closed_apis.get(path, (0, 0.0))
        if self._monotonic() < until:
            raise DeliveryRefused(code, DeliveryClass.ACCOUNT)

    async def _take_note(self, path: str, refused: DeliveryRefused) -> None:
        """Log what is our fault; after an account error open the circuit.

        That is the circuit of this API in this process, or of the whole account in every process.
        """
        if refused.klass not in (DeliveryClass.ACCOUNT, DeliveryClass.CONTENT, DeliveryClass.TOKEN):
            return
        alarm = refused.klass is DeliveryClass.ACCOUNT
        _log.error(
            "wechat refused our call", account=self._account.name, code=refused.code, api=path, alarm=alarm
        )
        if not alarm:
            return
        if refused.code not in ONE_API_ONLY and refused.code > 499:
            try:
                await self._token.refuse(str(refused.code), CIRCUIT_S)
            except RedisError:
                _log.warning("wechat circuit kept in this process", account=self._account.name)
            else:
                return
        self._closed_apis[path] = (refused.code, self._monotonic() + CIRCUIT_S)


async def _json_object(response: aiohttp.ClientResponse) -> dict[str, object] | None:
    """Read by content, never by content type; a body that is too long or no JSON object is None."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MAX_ANSWER_BYTES:
            return None
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
