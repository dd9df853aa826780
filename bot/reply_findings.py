"""The check of an answer as it meets a ticket: what the citizen asked, what the library knows, and each doubt in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from bot.reply_check import Doubt, Finding, LookUp, Standing, check_reply
from bot.services import Services
from knowledge_base.answering.answer import Answerer
from knowledge_base.article import Article
from knowledge_base.importing.numbers import normal_number
from routing.events import EventKind
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA

DOUBTS: Mapping[Doubt, tuple[str, str]] = {
    Doubt.OFF_THE_POINT: (
        "没有回应市民问的事",
        "答复里没有提到诉求中的人、事、地点。请写明针对哪件事、查到了什么。",
    ),
    Doubt.TOO_SHORT: ("太短", "几个字说不清楚。请写明查到什么、怎么办的。"),
    Doubt.EMPTY_WORDS: ("只有客套话", "去掉客套话以后，没有说出办了什么。"),
    Doubt.PASSES_THE_BUCK: (
        "让市民自己去找别的单位",
        "不归本单位管的，请申请退单或请热线中心改派，不要让市民再跑。",
    ),
    Doubt.PROMISES_A_DATE: ("承诺了具体日期", "到时办不成就是失信。没有把握的，写明进度和下次告知的办法。"),
    Doubt.PERSONAL_DATA: ("有个人信息", "答复里不要写手机号、证件号和当事人姓名。"),
    Doubt.UNKNOWN_CITATION: ("引用的文件查不到", "知识库里没有这份文件。请核对名称和文号。"),
    Doubt.LAPSED_CITATION: ("引用的文件已经失效", "请改用现行有效的规定。"),
    Doubt.UNFILLED: ("还有没填的空", "模板里的空没有填上。"),
}
"""Doubt → (what, what to do about it)."""

CHECKED = frozenset({EventKind.REPLIED, EventKind.INTERIM_REPLIED, EventKind.REPLY_SUBMITTED})
"""Events that keep what the check found of their words, and why they were sent all the same."""
_SAID_LATER = frozenset({EventKind.SUPPLEMENTED, EventKind.REMINDED, EventKind.REOPENED})


def findings_of(text: str, ticket: Ticket, services: Services, *, now: datetime) -> tuple[Finding, ...]:
    """What the check says of this answer to this ticket."""
    later = [event.text for event in ticket.events if event.kind in _SAID_LATER and event.text]
    asked = "\n".join([ticket.title or "", ticket.text, *later])
    on = now.astimezone(CHINA).date()
    found = check_reply(text, asked=asked, look_up=_library(services.answerer, on))
    handed_on = ticket.pending_return is not None or any(c.owes for c in ticket.co_handlers)
    return tuple(each for each in found if not (handed_on and each.doubt is Doubt.PASSES_THE_BUCK))


def say_finding(finding: Finding) -> str:
    """The doubt, the words it is about and what to do, in one line."""
    what, advice = DOUBTS[finding.doubt]
    return f"{what}：“{finding.quote}”。{advice}" if finding.quote else f"{what}。{advice}"


def say_doubts(codes: Sequence[str]) -> str:
    """The doubts kept with an answer, in words."""
    return "、".join(DOUBTS[Doubt(code)][0] for code in codes if code in set(Doubt))


def _library(answerer: Answerer, on: date) -> LookUp:
    """How the library knows a 文号 or a title: as its own entry, or named by one that holds."""

    def look_up(cited: str) -> Standing:
        near = answerer.search(cited, on=on, limit=8, lapsed=True)
        own = [article for article in near if _is_called(article, cited)]
        if any(article.in_force(on) and answerer.basis_holds(article.id, on=on) for article in own):
            return Standing.HOLDS
        if own:
            return Standing.LAPSED
        named = any(cited in f"{article.text()}{article.basis}" for article in near if article.in_force(on))
        return Standing.HOLDS if named else Standing.UNKNOWN

    return look_up


def _is_called(article: Article, cited: str) -> bool:
    if article.document_number and normal_number(article.document_number) == normal_number(cited):
        return True
    return _bare(article.title) == _bare(cited)


def _bare(title: str) -> str:
    return title.strip("《》 ").removeprefix("中华人民共和国").split("（")[0].split("(")[0]
