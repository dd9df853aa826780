"""What the API itself refuses, before the domain is asked, as problem+json."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from pydantic import ValidationError

from bot.web.errors import problem


class ApiProblem(Exception):
    """A refusal that ends an operation; carries everything of its answer."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = headers

    def response(self) -> web.Response:
        headers = {"Cache-Control": "no-store", **(self.headers or {})}
        return problem(self.status, self.title, self.detail, self.errors, headers=headers)


def unauthorised(*, key_given: bool) -> ApiProblem:
    challenge = 'Bearer realm="huiyin"' + (', error="invalid_token"' if key_given else "")
    detail = "接口密钥不对或已停用。" if key_given else "请带上接口密钥：Authorization: Bearer KEY。"
    return ApiProblem(401, "Unauthorised", detail, headers={"WWW-Authenticate": challenge})


def without_a_unit() -> ApiProblem:
    """The key's unit is in none of the tables any more: no request with it can be right."""
    detail = "这把密钥所属的单位不在现在的单位表里。请管理员另发一把。"
    return ApiProblem(403, "Unit dissolved", detail)


def malformed() -> ApiProblem:
    return ApiProblem(400, "Malformed JSON", "提交的内容不是完整的JSON（UTF-8编码）。")


def too_large() -> ApiProblem:
    return ApiProblem(413, "Body too large", "提交的内容太大了，最多256 KiB。")


def unsupported_type() -> ApiProblem:
    return ApiProblem(415, "Unsupported media type", "请以 application/json（UTF-8编码）提交。")


def unknown_action(action: str, known: tuple[str, ...]) -> ApiProblem:
    return ApiProblem(
        404,
        "Unknown action",
        f"没有这个操作。可用的操作：{'、'.join(known)}。",
        errors={"action": f"must be one of {', '.join(known)}"},
    )


def invalid(errors: Mapping[str, str]) -> ApiProblem:
    return ApiProblem(
        422, "Invalid fields", f"这些内容不对：{'、'.join(errors)}。请改好再提交。", errors=errors
    )


def invalid_fields(error: ValidationError) -> ApiProblem:
    """Field → reason. The values themselves are never repeated: they may be a citizen's."""
    reasons: dict[str, str] = {}
    for each in error.errors(include_input=False, include_url=False, include_context=False):
        field = ".".join(str(part) for part in each["loc"]) or "body"
        reasons.setdefault(field, each["msg"].removeprefix("Value error, "))
    return invalid(reasons)
