"""Beside an answer being written: the unit's templates, and the library with its citations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.reply_check import shared_rarity
from bot.reply_templates import filled
from bot.services import Services
from bot.web.knowledge_words import say_day
from bot.web.pages import unit_name
from knowledge_base.answering.answer import Answer
from knowledge_base.article import Article
from routing.departments import UnitId
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA

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
