"""The only place that knows HTTP: every refusal's status, as problem+json for programs and a page for people."""

from __future__ import annotations

import re
import secrets
import traceback
from collections.abc import Mapping
from pathlib import Path

import orjson
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pymongo.errors import ConnectionFailure
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import TimeoutError as RedisLate

from bot import people, staff, wording
from bot.intake import TextTooLong
from bot.photos.kinds import PhotoRefused, PhotosBusy
from bot.web.citizen_pages import show_citizen
from bot.web.pages import show
from bot.web.public_pages import show_public
from routing import errors

log = structlog.get_logger(__name__)

STATUSES: dict[type[errors.Refused], int] = {
    errors.Refused: 409,
    errors.UnknownTicket: 404,
    errors.UnknownUnit: 404,
    errors.StaleTicket: 409,
    errors.ActionNotAllowed: 409,
    errors.NotYourRole: 403,
    errors.ExternalNumberConflict: 409,
    errors.Incomplete: 422,
    errors.TooOften: 429,
    errors.UsedUp: 409,
    errors.AlreadyDone: 409,
    errors.LetterOpen: 409,
    errors.TooSoon: 429,
    errors.WindowClosed: 409,
    errors.ReviewPending: 409,
    errors.AlreadyThere: 409,
    errors.TicketPaused: 409,
    errors.NotYourUnit: 403,
    errors.CannotReturn: 409,
    errors.OutOfRange: 409,
    errors.NotProvided: 409,
    errors.AnswersOwed: 409,
    errors.NothingToDo: 409,
    errors.NotBelow: 409,
    errors.CannotLink: 409,
    errors.SecretLink: 409,
    errors.OwnRequest: 403,
    errors.DisclosureRefused: 409,
    errors.NotOnDuty: 409,
    errors.SearchTooWide: 422,
    errors.UnknownYear: 422,
    people.LoginFailed: 401,
    people.LoginLocked: 423,
    people.PasswordTooWeak: 422,
    people.RoleNotGiven: 422,
    people.UserExists: 409,
    people.SamePassword: 422,
    staff.UnknownUser: 404,
    staff.LastAdministrator: 409,
    staff.OwnLogin: 409,
    TextTooLong: 422,
    PhotoRefused: 422,
    PhotosBusy: 429,
}

_FRAMES_LOGGED = 4
_PROBLEM_TYPE = "urn:huiyin:problem:"
_HTTP_TITLES = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 413: "Body too large"}
_HTTP_DETAILS = {
    400: "请求读不懂。请检查后再提交。",
    401: "请先登录。",
    403: "这一页已经过期，或者您没有权限。请回到上一页，刷新后再试。",
    404: "没有这个地址。请检查链接，或从首页重新进入。",
    405: "这个地址不能这样访问。请从页面上的按钮进入。",
    413: "提交的内容太大了。请写短一些，或分几次提交。",
    415: "提交的格式不对。",
}
_WENT_WRONG = "系统出了点问题，刚才的操作可能没有办成。请查看最新状态后再试。"
_AWAY = "现在打不开，系统正在恢复。请过几分钟再打开这一页，急事请直接拨打12345。"
_STORE_AWAY = (ConnectionFailure, RedisGone, RedisLate)
_AGAIN_AFTER_S = 60

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Under no-referrer a browser sends "Origin: null" even with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def problem(
    status: int,
    title: str,
    detail: str,
    errors: Mapping[str, str] | None = None,
    code: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """An ``application/problem+json`` answer (RFC 9457); ``code`` is the snake_case name of what is wrong."""
    code = code or _snake_case(title)
    body = {
        "type": _PROBLEM_TYPE + code,
        "title": title,
        "status": status,
        "detail": detail,
        "errors": dict(errors or {}),
        "code": code,
    }
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/problem+json", headers=headers
    )


def status_of(refused: errors.Refused) -> int:
    """The status of the nearest class named in ``STATUSES``."""
    return next(STATUSES[kind] for kind in type(refused).__mro__ if kind in STATUSES)


def refusal_problem(refused: errors.Refused) -> web.Response:
    """A refusal as problem+json; its words are the ones people read."""
    code = _snake_case(type(refused).__name__)
    fields = {refused.field: "missing or empty"} if isinstance(refused, errors.Incomplete) else None
    if isinstance(refused, TextTooLong):
        fields = {"text": f"longer than {refused.limit} characters"}
    return problem(
        status_of(refused), code.replace("_", " ").capitalize(), wording.explain(refused), fields, code
    )


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What every answer carries, unless its handler said something stricter itself."""
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        _add_headers(answer)
        raise
    if not response.prepared:
        _add_headers(response)
    return response


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns refusals and failures into answers; a failure is logged under an id that the reader is shown."""
    try:
        return await handler(request)
    except errors.Refused as refused:
        if _is_api(request):
            return refusal_problem(refused)
        return error_page(request, status=status_of(refused), words=wording.explain(refused))
    except web.HTTPException as answer:
        if answer.status < 400 or not (_is_api(request) or _is_page(request)):
            raise
        return _plain_answer(request, answer)
    except web.RequestPayloadError:
        return _plain_answer(request, web.HTTPBadRequest())
    except Exception as failure:
        request_id = secrets.token_hex(6)
        # No traceback: a failed call's arguments may hold an openid or a phone number.
        log.error(
            "request failed", request_id=request_id, error=type(failure).__name__, where=_where(failure)
        )
        return _failure_answer(request, request_id, away=isinstance(failure, _STORE_AWAY))


def error_page(
    request: web.Request, *, status: int, words: str, request_id: str | None = None
) -> web.Response:
    """The words, and a way on."""
    context = {"status": status, "words": words, "request_id": request_id}
    if _is_public(request):
        return show_public(request, "public_error.html", context, status=status)
    if _is_citizens(request):
        return show_citizen(request, "citizen_error.html", context, status=status)
    return show(request, "error.html", context, status=status)


def _plain_answer(request: web.Request, answer: web.HTTPException) -> web.Response:
    words = _HTTP_DETAILS.get(answer.status, wording.REFUSALS[errors.Refused](errors.Refused()))
    kept = {name: answer.headers[name] for name in ("Allow", "WWW-Authenticate") if name in answer.headers}
    if not _is_api(request):
        page = error_page(request, status=answer.status, words=words)
        page.headers.update(kept)
        return page
    title = _HTTP_TITLES.get(answer.status, answer.reason)
    return problem(answer.status, title, words, code=_snake_case(title), headers=kept)


def _failure_answer(request: web.Request, request_id: str, *, away: bool) -> web.Response:
    """``away``: a store was not to be reached, which passes by itself."""
    status = 503 if away else 500
    words = _AWAY if away and request.method in ("GET", "HEAD") else _WENT_WRONG
    if _is_api(request):
        title, code = ("Unavailable", "unavailable") if away else ("Internal error", "internal_error")
        response = problem(status, title, f"{words}（编号 {request_id}）", code=code)
    elif _is_page(request):
        response = error_page(request, status=status, words=words, request_id=request_id)
    else:
        response = web.Response(text=f"{words}（编号 {request_id}）", status=status)
    response.headers["X-Request-Id"] = request_id
    if away:
        response.headers["Retry-After"] = str(_AGAIN_AFTER_S)
    return response


def _where(failure: BaseException) -> str:
    """File, line and function of the innermost frames; none of their values."""
    frames = traceback.extract_tb(failure.__traceback__)[-_FRAMES_LOGGED:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))


def _add_headers(response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def _is_api(request: web.Request) -> bool:
    return request.path.startswith("/api/") or request.path == "/api"


def _is_console(request: web.Request) -> bool:
    return request.path.startswith("/console/") or request.path == "/console"


def _is_public(request: web.Request) -> bool:
    return request.path.startswith("/answers/") or request.path == "/answers"


def _is_citizens(request: web.Request) -> bool:
    return request.path.startswith("/my/") or request.path == "/my"


def _is_page(request: web.Request) -> bool:
    return _is_console(request) or _is_public(request) or _is_citizens(request)


def _snake_case(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
