"""Everything we send to the platform by ourselves: customer-service messages, and any other call.

No token, secret or openid appears in an exception or a log line. Templates and subscription messages, menus, QR codes
and media are small modules of functions over ``call``, ``get`` and ``fetch_media``.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import metrics
from bot.redis_state import Fetched, FetchRefused, SingleFlight
from bot.wechat.accounts import Account
from bot.wechat.circuit import ApiCircuits
from bot.wechat.codec import fit_text
from bot.wechat.delivery import (
    AN_ANSWER,
    ONE_API_ONLY,
    DeliveryClass,
    DeliveryRefused,
    DeliveryUnknown,
    classify,
    name_of,
)
from bot.wechat.exchange import TIMEOUT, Answered, Request, exchange, media_of, verdict
from bot.wechat.quotas import Quotas

__all__ = ["API_BASE", "DeliveryClass", "DeliveryRefused", "DeliveryUnknown", "WeChatClient"]

_log = structlog.get_logger(__name__)

API_BASE = "https://api.weixin.qq.com"
MAX_TRIES = 3
BACKOFF_S = 0.5
CIRCUIT_S = 60.0
MEDIA_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=3, sock_connect=3)
MAX_MEDIA_BYTES = 10 * 1024 * 1024
"""The platform takes no larger picture from a citizen."""

_CUSTOM_SEND = "/cgi-bin/message/custom/send"
_STABLE_TOKEN = "/cgi-bin/stable_token"  # noqa: S105 - a path
_MEDIA_GET = "/cgi-bin/media/get"
PROBE_AFTER_S = 2.0
_BAD_TOKEN = 40001
_OVERLAP_S = 300
"""In its last five minutes the platform honours the old token beside the new one."""

_Judge = Callable[[Answered], object]


def _text_message(openid: str, text: str) -> dict[str, object]:
    """Cut like a reply."""
    return {"touser": openid, "msgtype": "text", "text": {"content": fit_text(text)}}


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
        self._token = SingleFlight(redis, f"wechat-token:{account.app_id}")
        self._quotas = Quotas(redis)
        self._circuits = ApiCircuits(redis, account.app_id, account=account.name, monotonic=monotonic)
        self._bad_token = ""
        """The last one that ``send_once`` was refused with."""
        self._probed_again_at = 0.0
        self._monotonic = monotonic

    async def ready(self) -> str:
        """A token for ``send_once``, or DeliveryRefused as sending would raise it.

        Whoever must note down that they are about to send asks this first: what follows is one exchange, and a crash
        in between leaves little unknown. The call is counted here, before it is made.
        """
        await self._refuse_if_closed(_CUSTOM_SEND)
        token = await self._get_token()
        await self._quotas.count(self._account.app_id, _CUSTOM_SEND, account=self._account.name)
        return token

    async def send_once(self, openid: str, text: str, *, token: str) -> None:
        """A customer-service text message by one exchange and nothing else, with the token that ``ready`` gave.

        DeliveryUnknown: never send it again. DeliveryRefused: note that down first, then call ``take_note``. A token
        that proves bad is replaced by the next call.
        """
        request = Request(path=_CUSTOM_SEND, payload=_text_message(openid, text), timeout=self._timeout)
        try:
            await self._exchange(request, verdict, token)
        except DeliveryRefused as refused:
            if refused.klass is DeliveryClass.TOKEN:
                self._bad_token, self._probed_again_at = token, self._monotonic() + PROBE_AFTER_S
            raise
        if token == self._bad_token:
            self._bad_token = ""

    async def take_note(self, refused: DeliveryRefused) -> None:
        """What a refusal of ``send_once`` means for the calls after it: alarms, and the circuit."""
        await self._take_note(_CUSTOM_SEND, refused)

    async def send_text(self, openid: str, text: str, *, tries: int = MAX_TRIES) -> None:
        """A customer-service text message. DeliveryUnknown: never send it again."""
        await self.call(_CUSTOM_SEND, _text_message(openid, text), tries=tries)

    async def refused_with(self) -> str | None:
        """The code for which the circuit of the whole account is open now; None while it is closed."""
        return await self._token.refusal()

    async def call(
        self, path: str, payload: Mapping[str, object], *, idempotent: bool = False, tries: int = MAX_TRIES
    ) -> dict[str, object]:
        """POST ``payload`` to ``/cgi-bin/…`` and give the parsed answer.

        ``idempotent``: doing it twice does no harm, so an unknown outcome is tried again too.
        """
        request = Request(path=path, payload=payload, timeout=self._timeout)
        return verdict(await self._persist(request, verdict, idempotent=idempotent, tries=tries))

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, tries: int = MAX_TRIES
    ) -> dict[str, object]:
        """GET ``/cgi-bin/…`` and give the parsed answer; what is only read may be asked again."""
        request = Request(path=path, params=params or {}, timeout=self._timeout)
        return verdict(await self._persist(request, verdict, idempotent=True, tries=tries))

    async def fetch_media(
        self, media_id: str, *, most_bytes: int = MAX_MEDIA_BYTES, tries: int = MAX_TRIES
    ) -> bytes:
        """The file a citizen sent. DeliveryRefused: 40007 once its three days are over, 45001 when it is too large."""
        request = Request(
            path=_MEDIA_GET, params={"media_id": media_id}, most_bytes=most_bytes, timeout=MEDIA_TIMEOUT
        )
        return media_of(await self._persist(request, media_of, idempotent=True, tries=tries))

    async def _persist(self, request: Request, judge: _Judge, *, idempotent: bool, tries: int) -> Answered:
        """The answer that ``judge`` accepts, with a back-off while the platform is busy.

        A refusal says only that this attempt did nothing: after one whose outcome is unknown, the outcome of all
        together stays unknown.
        """
        attempt, doubtful = 1, False
        while True:
            try:
                return await self._send(request, judge)
            except DeliveryRefused as refused:
                if refused.klass is not DeliveryClass.BUSY or attempt >= tries:
                    if doubtful:
                        raise DeliveryUnknown from None
                    raise
            except DeliveryUnknown:
                if not idempotent or attempt >= tries:
                    raise
                doubtful = request.payload is not None  # what is only read changes nothing
            ceiling = BACKOFF_S * 2 ** (attempt - 1)
            await self._pause(random.uniform(ceiling / 2, ceiling))
            attempt += 1

    async def _send(self, request: Request, judge: _Judge) -> Answered:
        """Send with a good token: a token that proves bad is replaced once and the call repeated once."""
        await self._refuse_if_closed(request.path)
        token = await self._get_token()
        try:
            try:
                return await self._ask(request, judge, token)
            except DeliveryRefused as refused:
                if refused.klass is not DeliveryClass.TOKEN or not await self._forget_token(token):
                    raise
                return await self._ask(request, judge, await self._get_token())
        except DeliveryRefused as refused:
            await self._take_note(request.path, refused)
            raise

    async def _ask(self, request: Request, judge: _Judge, token: str | None) -> Answered:
        """One exchange, counted against the day's allowance."""
        try:
            return await self._exchange(request, judge, token)
        finally:
            await self._quotas.count(self._account.app_id, request.path, account=self._account.name)

    async def _exchange(self, request: Request, judge: _Judge, token: str | None) -> Answered:
        """One exchange, counted by its outcome."""
        outcome = "ok"
        try:
            answered = await exchange(self._http, self._base, request, token=token)
            judge(answered)
        except DeliveryRefused as refused:
            outcome = refused.klass.value
            raise
        except DeliveryUnknown:
            outcome = "unknown"
            raise
        finally:
            metrics.WECHAT_CALLS.labels(self._account.name, request.path, outcome).inc()
        return answered

    async def _get_token(self) -> str:
        try:
            token = await self._token.get(self._fetch_token)
            if token == self._bad_token:
                await self._token.forget(token)
                token = await self._token.get(self._fetch_token)
                if token == self._bad_token and not self._may_probe():
                    raise DeliveryRefused(_BAD_TOKEN, DeliveryClass.TOKEN)
            return token
        except FetchRefused as refused:
            code = int(refused.reason) if refused.reason.lstrip("-").isdigit() else -1
            # Whatever else the platform has against giving us a token (40001 is a wrong AppSecret here, 89503 an
            # address nobody let in), it is the account's fault: no other message would fare better.
            busy = classify(code) is DeliveryClass.BUSY
            raise DeliveryRefused(code, DeliveryClass.BUSY if busy else DeliveryClass.ACCOUNT) from None
        except RedisError as error:
            _log.error("wechat token unreachable", account=self._account.name, error=type(error).__name__)
            raise DeliveryRefused(-1, DeliveryClass.BUSY) from None

    def _may_probe(self) -> bool:
        """Where the platform hands the same token out again, it may well be good by now: one call at a time tries. The
        others, tens of late answers maybe, are not taken off their lists in vain."""
        now = self._monotonic()
        if now < self._probed_again_at:
            return False
        self._probed_again_at = now + PROBE_AFTER_S
        return True

    async def _forget_token(self, token: str) -> bool:
        try:
            return await self._token.forget(token)
        except RedisError:
            return False

    async def _fetch_token(self) -> Fetched:
        """Ask for the stable token; asking twice gives the same one, so an unknown outcome is merely busy.

        One that failed and was handed out again all the same is asked for by force, as often as the platform allows.
        """
        if await self._token.handed_out_again():
            _log.warning("wechat token refreshed by force", account=self._account.name)
            with contextlib.suppress(FetchRefused):
                return await self._ask_for_token(force=True)
        return await self._ask_for_token(force=False)

    async def _ask_for_token(self, *, force: bool) -> Fetched:
        request = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret,
            "force_refresh": force,
        }
        fetch = Request(path=_STABLE_TOKEN, payload=request, timeout=self._timeout)
        try:
            answered = await self._ask(fetch, lambda _: None, None)
        except (DeliveryRefused, DeliveryUnknown):
            raise FetchRefused("-1", BACKOFF_S / 2) from None
        status, answer = answered.status, answered.json_object()
        token, lasts = (answer or {}).get("access_token"), (answer or {}).get("expires_in")
        if isinstance(token, str) and 0 < len(token) <= 512 and isinstance(lasts, int) and lasts > 0:
            return Fetched(value=token, keep_s=max(lasts - _OVERLAP_S, lasts / 2))
        found = (answer or {}).get("errcode")
        code = found if isinstance(found, int) and found else (status if status >= 300 else -1)
        if classify(code) is DeliveryClass.BUSY or force:
            raise FetchRefused(str(code), BACKOFF_S / 2)
        _log.error("wechat token refused", account=self._account.name, code=code, alarm=True)
        metrics.WECHAT_ALARMS.labels(self._account.name, str(code)).inc()
        raise FetchRefused(str(code), CIRCUIT_S)

    async def _refuse_if_closed(self, path: str) -> None:
        code = await self._circuits.closed_with(path)
        if code is not None:
            raise DeliveryRefused(code, DeliveryClass.ACCOUNT)

    async def _take_note(self, path: str, refused: DeliveryRefused) -> None:
        """Log what is our fault; after an account error open the circuit.

        That is the circuit of this API or of the whole account, in every process.
        """
        noted = (DeliveryClass.ACCOUNT, DeliveryClass.CONTENT, DeliveryClass.TOKEN)
        if refused.klass not in noted or refused.code in AN_ANSWER:
            return
        alarm = refused.klass is DeliveryClass.ACCOUNT
        _log.error(
            "wechat refused our call",
            account=self._account.name,
            code=refused.code,
            name=name_of(refused.code),
            api=path,
            alarm=alarm,
        )
        if not alarm:
            return
        metrics.WECHAT_ALARMS.labels(self._account.name, str(refused.code)).inc()
        if refused.code not in ONE_API_ONLY and refused.code > 499:
            try:
                await self._token.refuse(str(refused.code), CIRCUIT_S)
                return
            except RedisError:
                pass  # then at least this API, in this process
        await self._circuits.close(path, refused.code, CIRCUIT_S)
