"""``huiyin deadline``: the due date a profile promises, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from bot.wording import LABELS
from routing.citizen_request import RequestType, Urgency
from routing.errors import UnknownYear
from routing.sla import ClockName, load_profile, profile_names
from routing.working_calendar import CHINA

Word = TypeVar("Word", bound=StrEnum)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("deadline", help="按时限方案计算期限，并说明理由。")(deadline)


def deadline(
    request_type: Annotated[
        str, typer.Option("--type", help="诉求类型：咨询、求助、投诉、举报、建议、表扬，或其英文值。")
    ],
    at: Annotated[
        str, typer.Option("--at", help="收到时间，如 2026-09-30T16:30；不带时区按北京时间。默认现在。")
    ] = "",
    profile: Annotated[str, typer.Option(help=f"时限方案：{'、'.join(profile_names())}。")] = "demo-county",
    clock: Annotated[str, typer.Option(help=f"时限：{'、'.join(ClockName)}。")] = ClockName.REPLY.value,
    tier: Annotated[str, typer.Option(help="方案的级别，如 utilities、disclosure。")] = "",
    urgent: Annotated[bool, typer.Option("--urgent", help="按紧急诉求计算。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Print the due date in Asia/Shanghai with the calendar version and the explanation; exit 2 on bad input."""
    try:
        promise = load_profile(profile).promise(
            _word(ClockName, clock, "--clock"),
            at=_instant(at),
            request_type=_word(RequestType, request_type, "--type"),
            urgency=Urgency.URGENT if urgent else Urgency.ORDINARY,
            tier=tier or None,
        )
    except UnknownYear as unknown:
        raise typer.BadParameter(f"没有{unknown.year}年的放假安排，无法计算", param_hint="--at") from None
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from None
    if promise is None:
        raise typer.BadParameter(f"方案 {profile} 对此类诉求没有 {clock} 时限", param_hint="--clock")
    due_at = promise.due_at.astimezone(CHINA).isoformat(timespec="seconds")
    if as_json:
        told = {
            "due_at": due_at,
            "calendar_version": promise.calendar_version,
            "explanation": promise.explanation,
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"到期：{due_at}\n理由：{promise.explanation}\n日历：{promise.calendar_version}")


def _word(vocabulary: type[Word], text: str, option: str) -> Word:
    """A stored value or its Chinese label."""
    labels: dict[Word, str] = LABELS[vocabulary]
    wanted = text.strip()
    for word in vocabulary:
        if wanted.lower() == word.value or wanted == labels[word]:
            return word
    raise typer.BadParameter(
        f"不认识“{text}”，可用：{'、'.join(f'{labels[word]}({word.value})' for word in vocabulary)}",
        param_hint=option,
    )


def _instant(text: str) -> datetime:
    """An aware instant; a time without offset is Beijing time."""
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"不认识时间“{text}”，应如 2026-09-30T16:30", param_hint="--at") from None
    return at if at.tzinfo else at.replace(tzinfo=CHINA)
