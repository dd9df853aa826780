"""What is said about a ticket on its way."""

from __future__ import annotations

from datetime import datetime

from bot.wechat_text import link, quote
from bot.wording import STARS, say_time

PICK_TICKET = "请选一件。"
ASK_CODE = "请发6位查询码。登记时和工单号一起给您的。"


def after_hours(opens_at: datetime, *, now: datetime) -> str:
    return f"现在是下班时间，{say_time(opens_at, now=now)}上班后"


def pick_ticket(count: int, page: int, pages: int) -> str:
    return PICK_TICKET if pages == 1 else f"一共{count}件，这是第{page + 1}页，共{pages}页。{PICK_TICKET}"


def details(page: str) -> str:
    return f"详情：{link('点这里看照片和每一步', page)}"


def about_ticket(number: str, title: str) -> str:
    return f"工单{number}：“{quote(title, 40)}”"


def rated(stars: int) -> str:
    return f"评价收到了：{STARS[stars]}。谢谢您！"


def offer_rework(stars: int) -> str:
    return f"评价收到了：{STARS[stars]}。对不起，没办好。\n要不要请单位重新办理？"


def supplemented(number: str, *, opens_at: datetime | None = None, now: datetime | None = None) -> str:
    later = f"\n{after_hours(opens_at, now=now)}办事的人能看到。" if opens_at and now else ""
    return f"收到，已经加到工单{number}里。{later}"


def reminded(
    number: str, *, opens_at: datetime | None = None, now: datetime | None = None, unit_known: bool = True
) -> str:
    later = f"\n{after_hours(opens_at, now=now)}办事的人能看到。" if opens_at and now else ""
    who = "的承办单位会收到提醒" if unit_known else "还在确定由谁办，定的人会看到您催了"
    return f"已经帮您催了，工单{number}{who}。一天可以催一次。{later}"


def withdrawn(number: str) -> str:
    return f"工单{number}已经撤回，不再办理。以后有事再来找我。"


def reopened(
    number: str, promised_at: datetime | None, *, opens_at: datetime | None = None, now: datetime
) -> str:
    by = f"\n最晚答复：{say_time(promised_at, now=now)}" if promised_at else ""
    later = f"\n{after_hours(opens_at, now=now)}开始办。" if opens_at else ""
    return f"工单{number}已经退回重新办理。{by}{later}"


def wrong_code(left: int) -> str:
    return f"工单号和查询码对不上。请再发一次查询码，或者发别的工单号。还可以试{left}次。"


def not_yours(number: str) -> str:
    return f"工单{number}不是在这个微信里登记的。\n{ASK_CODE}"
