"""Beside an answer being written: what the check finds, the unit's templates, and the library with its citations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.reply_check import Doubt, Finding, LookUp, Standing, check_reply, shared_rarity
from bot.reply_templates import filled
from bot.services import Services
from bot.web.knowledge_words import say_day
from bot.web.pages import unit_name
from knowledge_base.answering.answer import Answer, Answerer
from knowledge_base.article import Article
from knowledge_base.importing.numbers import normal_number
from routing.departments import UnitId
from routing.events import EventKind
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA

DOUBTS: dict[Doubt, tuple[str, str]] = {
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

_SAID_LATER = frozenset({EventKind.SUPPLEMENTED, EventKind.REMINDED, EventKind.REOPENED})
_MOST_MATTER = 24
_LEAST_NEAR = 6.0
_MOST_HITS, _MOST_SHOWN, _MOST_INSERTED, _MOST_SEARCHED = 4, 160, 400, 200


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it would stand in this ticket's answer."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry of the library that may be cited, and the sentence that cites it."""

    id: str
    title: str
    source: str
    shown: str
    inserted: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What stands beside the answer; ``searched`` is None until somebody looked."""

    templates: tuple[Template, ...] = ()
    searched: str | None = None
    hits: tuple[Hit, ...] = ()


def findings_of(text: str, ticket: Ticket, services: Services, *, now: datetime) -> tuple[Finding, ...]:
    """What the check says of this answer to this ticket."""
    later = [event.text for event in ticket.events if event.kind in _SAID_LATER and event.text]
    asked = "\n".join([ticket.title or "", ticket.text, *later])
    on = now.astimezone(CHINA).date()
    found = check_reply(text, asked=asked, look_up=_library(services.answerer, on))
    handed_on = ticket.pending_return is not None or any(c.owes for c in ticket.co_handlers)
    return tuple(each for each in found if not (handed_on and each.doubt is Doubt.PASSES_THE_BUCK))


def say_doubts(codes: tuple[str, ...]) -> str:
    """The doubts kept with an answer, in words."""
    return "、".join(DOUBTS[Doubt(code)][0] for code in codes if code in set(Doubt))


async def tools_of(
    ticket: Ticket, unit_id: UnitId, services: Services, *, now: datetime, searched: str | None = None
) -> Tools:
    """For a writer of that unit; ``searched`` empty looks for what the citizen asked."""
    templates = await services.reply_templates.of({unit_id})
    values = _values(ticket, services, now=now)
    return Tools(
        templates=tuple(Template(each.id, each.title, filled(each.text, values)) for each in templates),
        searched=searched,
        hits=() if searched is None else _search(searched, ticket, services, now=now),
    )


def inserted(tools: Tools, *, text: str, template: str = "", cite: str = "") -> str:
    """The answer with the chosen template or citation put behind what is there."""
    chosen = [each.text for each in tools.templates if each.id == template]
    chosen += [hit.inserted for hit in tools.hits if hit.id == cite]
    return "\n".join(filter(None, [text.rstrip(), *chosen]))


def _values(ticket: Ticket, services: Services, *, now: datetime) -> Mapping[str, str]:
    today = now.astimezone(CHINA)
    return {
        "编号": ticket.number,
        "地点": redact(ticket.place or ""),
        "日期": f"{today.year}年{today.month}月{today.day}日",
        "单位": unit_name(ticket.unit_id, services.units),
        "事项": redact(ticket.title or "") or _first_words(redact(ticket.text)),
    }


def _first_words(text: str) -> str:
    """What stands for a title where there is none; nothing rather than half a sentence."""
    first = re.split(r"[，,。；;！!？?\n]", text.strip(), maxsplit=1)[0]
    return first if len(first) <= _MOST_MATTER else ""


def _search(words: str, ticket: Ticket, services: Services, *, now: datetime) -> tuple[Hit, ...]:
    asked = " ".join(words.split())[:_MOST_SEARCHED]
    by_itself = not asked
    asked = asked or redact(f"{ticket.title or ''} {ticket.text}")[:_MOST_SEARCHED]
    on, regions = now.astimezone(CHINA).date(), services.regions_of(None)
    hits = []
    for article in services.answerer.search(asked, on=on, regions=regions, limit=_MOST_HITS):
        # A whole request finds something always; words somebody chose are taken at their word.
        if by_itself and shared_rarity(asked, f"{article.title} {article.text()}") < _LEAST_NEAR:
            continue
        said = services.answerer.answer_from(article.id, asked, on=on, regions=regions)
        if isinstance(said, Answer):
            hits.append(_hit(article, said))
    return tuple(hits)


def _hit(article: Article, said: Answer) -> Hit:
    cited = said.citation
    number = f"（{cited.document_number}）" if cited.document_number else ""
    text = " ".join(said.text.split())
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
    return Hit(
        id=article.id,
        title=article.title,
        source=f"{cited.issuer} · {say_day(cited.published_on)}{number}",
        shown=shown,
        inserted=f"根据《{cited.title.strip('《》')}》{number}{cited.provision or ''}：{text[:_MOST_INSERTED]}",
    )


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
