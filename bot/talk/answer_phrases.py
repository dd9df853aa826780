"""What is said to a question: the passage with its source, or why there is none and what to do instead."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from bot.wechat_text import clip, link, plain
from knowledge_base.answering.outcome import Answer, Citation, Refusal, RefusalReason

SENSITIVE = "这件事要紧，不能由机器来答，要由工作人员跟您说清楚。\n请打12345，或者登记下来，由专人联系您。"
_ELDER_BYTES = 240
_NUMBERS_ALONE = re.compile(r"[\d\-、，,；; （）()转]{5,60}")
"""Read aloud, a mere row of digits says nothing."""


def answer(found: Answer, *, elder: bool = False, page: str | None = None) -> str:
    """The passage with its source, and the page that says all of it; for elders the beginning, and somebody who will
    read them the rest."""
    text = plain(found.text)
    if _NUMBERS_ALONE.fullmatch(text):
        text = f"电话：{text}"
    if elder:
        short = clip(text, _ELDER_BYTES)
        text = short if short == text else f"{short}\n想听人讲，请打12345。"
    details = f"\n详情：{link('点这里看全文', page)}" if page and not elder else ""
    return f"{clip(text, 900)}\n\n来源：{source(found.citation)}{details}"


@lru_cache(maxsize=512)
def source(citation: Citation) -> str:
    """《标题》第七条（单位，文号，2025年3月1日发布，5月1日起施行）; the second date only where it is another one."""
    published, effective = citation.published_on, citation.effective_on
    dates = f"{_day(published)}发布"
    if effective != published:
        same_year = effective.year == published.year
        dates += f"，{_day(effective).split('年')[1] if same_year else _day(effective)}起施行"
    parts = [citation.issuer, citation.document_number, dates]
    provision = plain(citation.provision) if citation.provision else ""
    return f"《{plain(citation.title)}》{provision}（{'，'.join(plain(p) for p in parts if p)}）"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def not_known(*, nearest: bool) -> str:
    if nearest:
        return "这个问题我没有把握，不敢乱说。\n您是不是想问下面这些？"
    return "这个问题我没有把握，不敢乱说。\n可以登记成工单，请单位来答复您。"


def refused(found: Refusal) -> str:
    """Why there is no answer, and what the citizen can do instead."""
    match found.reason:
        case RefusalReason.SENSITIVE:
            return SENSITIVE
        case RefusalReason.OTHER_REGION:
            return other_region(found.named, nearest=bool(found.nearest))
        case RefusalReason.LAPSED:
            return lapsed(nearest=bool(found.nearest))
        case _:
            return not_known(nearest=bool(found.nearest))


def lapsed(*, nearest: bool) -> str:
    """What answers it no longer holds; said plainly, for an old rule quoted as new does harm."""
    return "原来的规定已经到期或者废止了，不能再拿来答您。\n" + (
        "您是不是想问下面这些？" if nearest else "可以登记成工单，请单位按新规定答复您。"
    )


def other_region(named: str | None, *, nearest: bool) -> str:
    place = plain(named) if named else "别的地方"
    here = "\n要问本地的，请点下面的字。" if nearest else ""
    return (
        f"您问的像是{place}的事。各地规定不一样，这里只答本地的。\n"
        f"请打当地的12345问一问，前面加拨当地区号。{here}"
    )
