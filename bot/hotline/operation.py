"""One decorator declares an operation: who may call it, what goes in and what comes out.

The same declaration guards the handler at run time and is read by ``bot.openapi``, so that the published
description cannot say anything else than what is enforced.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.hotline import problems
from bot.hotline.models import Body, NoBody, NoQuery, Query
from bot.hotline.problems import ApiProblem
from bot.openapi import Operation
from bot.services import SERVICES, Services
from bot.web.errors import refusal_problem
from routing.errors import NotYourRole, Refused, UnknownTicket, UnknownUnit
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor, Role

BodyT = TypeVar("BodyT", bound=Body)
QueryT = TypeVar("QueryT", bound=Query)

TICKET_NUMBER = r"^HY\d{10,14}$"
_NUMBER = re.compile(TICKET_NUMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[BodyT, QueryT]):
    """One authenticated, validated call. ``number`` is the ticket's, ``photo`` one of its files'; empty where the path
    names none."""

    services: Services
    actor: Actor
    now: datetime
    number: str
    photo: str
    body: BodyT
    query: QueryT


Result = tuple[int, BaseModel]
"""Status and what is answered; both must be among the operation's ``returns``."""

FileAnswer = tuple[int, web.Response]
"""Of an operation that returns ``bot.openapi.File``: the answer as it goes out."""

Act = Callable[[Call[BodyT, QueryT]], Awaitable[Result | FileAnswer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation with the handler that performs it."""

    operation: Operation
    handle: Callable[[web.Request], Awaitable[web.StreamResponse]]

    def route(self) -> web.RouteDef:
        return web.route(self.operation.method, self.operation.path, self.handle)


def operation(
    method: str,
    path: str,
    *,
    summary: str,
    roles: frozenset[Role],
    returns: Mapping[int, type[BaseModel]],
    body: type[BodyT] = NoBody,  # type: ignore[assignment]
    query: type[QueryT] = NoQuery,  # type: ignore[assignment]
    refuses: tuple[int, ...] = (),
    name: str | None = None,
) -> Callable[[Act[BodyT, QueryT]], Endpoint]:
    """Declare the decorated coroutine as an operation. ``refuses`` adds statuses beyond the obvious ones."""

    def declare(act: Act[BodyT, QueryT]) -> Endpoint:
        described = Operation(
            method=method,
            path=path,
            name=name or str(getattr(act, "__name__", "")),
            summary=summary,
            roles=roles,
            body=None if body is NoBody else body,
            query=None if query is NoQuery else query,
            returns=returns,
            refuses=refuses,
        )

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                call = await _call(request, described.name, roles, body, query)
                status, answer = await act(call)
                if isinstance(answer, web.Response):
                    return answer
                response = web.Response(
                    text=answer.model_dump_json(by_alias=True), status=status, content_type="application/json"
                )
            except ApiProblem as refused:
                response = refused.response()
            except Refused as refused:
                response = refusal_problem(refused)
            response.headers["Cache-Control"] = "no-store"
            return response

        return Endpoint(described, handle)

    return declare


async def _call(
    request: web.Request, name: str, roles: frozenset[Role], body: type[BodyT], query: type[QueryT]
) -> Call[BodyT, QueryT]:
    """Who calls, then whether they may, then what they say: a stranger learns nothing from validation."""
    services = request.app[SERVICES]
    actor = await _authenticate(request, services)
    if actor.role not in roles:
        raise NotYourRole(name, actor.role)
    return Call(
        services=services,
        actor=actor,
        now=services.clock(),
        number=_ticket_number(request),
        photo=request.match_info.get("photo", ""),
        body=await _read_body(request, body),
        query=_read_query(request, query),
    )


async def _authenticate(request: web.Request, services: Services) -> Actor:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise problems.unauthorised(key_given=False)
    found = await services.people.find_api_key(key) if key.isascii() else None
    if found is None:
        raise problems.unauthorised(key_given=True)
    try:
        return found.actor(services.units, on=services.clock().astimezone(CHINA).date())
    except UnknownUnit:
        raise problems.without_a_unit() from None


def _ticket_number(request: web.Request) -> str:
    if "number" not in request.match_info:
        return ""
    number = request.match_info["number"].upper()
    if not _NUMBER.fullmatch(number):
        raise UnknownTicket(number)
    return number


async def _read_body(request: web.Request, model: type[BodyT]) -> BodyT:
    if model is NoBody:
        return model()
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise problems.too_large() from None
    if raw and (request.content_type != "application/json" or not _is_utf8(request.charset)):
        raise problems.unsupported_type()
    try:
        # orjson refuses what is no JSON (NaN, lone surrogates, trailing commas) before pydantic reads it.
        orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        raise problems.malformed() from None
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise problems.invalid_fields(error) from None


def _is_utf8(charset: str | None) -> bool:
    return charset is None or charset.lower().replace("-", "").replace("_", "") == "utf8"


def _read_query(request: web.Request, model: type[QueryT]) -> QueryT:
    # A parameter given twice reads like one with a comma.
    given = {name: ",".join(request.query.getall(name)) for name in request.query}
    # A form's empty field asks for nothing.
    given = {name: value for name, value in given.items() if value}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise problems.invalid_fields(error) from None
