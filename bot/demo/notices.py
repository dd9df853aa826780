"""The demo accounts' templates: for the service as TOML, for the simulated platform as its library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.simulator.template_library import Library, SampleTemplate

SMS_SIGN: Final = "清和县12345"


@dataclass(frozen=True, slots=True)
class _Template:
    kind: str
    title: str
    fields: tuple[tuple[str, str, str], ...]
    """(field, what it says, its label on the phone)."""
    subscription: bool = False
    chat_first: bool = False


_NUMBER = ("character_string1", "number", "工单编号")
_MATTER = ("thing2", "title", "反映事项")
_UNIT = ("thing3", "unit", "承办单位")
_STATE = ("phrase4", "state", "当前状态")
_DATE = ("thing5", "date", "答复日期")
_TIME = ("time6", "time", "时间")
_REPLY = ("thing8", "reply", "答复内容")
_ACTION = ("thing7", "action", "温馨提示")

_TEMPLATES: Final = (
    _Template("dispatched", "诉求派单通知", (_NUMBER, _MATTER, _UNIT, _STATE, _DATE)),
    _Template("promised", "诉求办理进度提醒", (_NUMBER, _MATTER, _STATE, _DATE)),
    _Template("extended", "诉求延期通知", (_NUMBER, _MATTER, _STATE, _DATE, _ACTION)),
    _Template("answered", "诉求答复通知", (_NUMBER, _MATTER, _UNIT, _STATE, _REPLY), chat_first=True),
    _Template("rate", "诉求办结评价邀请", (_NUMBER, _MATTER, _STATE, _REPLY, _ACTION), chat_first=True),
)
_SUBSCRIPTIONS: Final = (
    _Template("other", "诉求办理进展提醒", (_NUMBER, _STATE, _TIME, _ACTION), subscription=True),
    _Template("rate", "诉求办结提醒", (_NUMBER, _UNIT, _STATE, _ACTION), subscription=True, chat_first=True),
)


def notice_lines(account: str, *, by_subscription: bool = False) -> tuple[str, ...]:
    """The account's tables for its accounts file; they stand behind all its other lines."""
    table = "subscriptions" if by_subscription else "templates"
    lines: list[str] = []
    for template in _of(by_subscription):
        lines += [
            "",
            f"[accounts.{account}.{table}.{template.kind}]",
            f'id = "{_id(account, template)}"',
            *(["chat_first = true"] if template.chat_first else []),
            f"[accounts.{account}.{table}.{template.kind}.fields]",
            *(f'{field} = "{says}"' for field, says, _ in template.fields),
        ]
    return tuple(lines)


def library(account: str, *, by_subscription: bool = False) -> Library:
    """The same templates as the platform keeps them."""
    return {
        _id(account, template): SampleTemplate(
            template.title, {field: label for field, _, label in template.fields}, template.subscription
        )
        for template in _of(by_subscription)
    }


def _of(by_subscription: bool) -> tuple[_Template, ...]:
    return _SUBSCRIPTIONS if by_subscription else _TEMPLATES


def _id(account: str, template: _Template) -> str:
    return f"demo-{account}-{'sub' if template.subscription else 'tpl'}-{template.kind}"
