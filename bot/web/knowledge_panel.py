"""The operator's panel: ask as the caller does, read the answer out, and say where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from aiohttp import web

from bot.knowledge.regions import regions_at
from bot.services import Services
from bot.web.knowledge_pages import PAGE, known_regions, services_of, today
from bot.web.knowledge_words import say_day
from bot.web.pages import KNOWLEDGE_ROLES, Viewer, show
from knowledge_base.answering.answer import Answer, Choice, Outcome, Refusal, RefusalReason, Suggestion
from knowledge_base.answering.aspects import LABELS, Aspect, read
from knowledge_base.article import Article

ADDRESS = "/console/answers"
_MOST_WORDS = 500
_ASPECTS = (
    Aspect.MATERIALS,
    Aspect.PROCEDURE,
    Aspect.CONDITIONS,
    Aspect.FEES,
    Aspect.PROMISED_TIME,
    Aspect.WINDOW,
    Aspect.PHONE,
    Aspect.NOTICE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the operator says to the caller: the answer, a question back, or that it is not known."""

    kind: str
    title: str
    text: str
    field: str = ""
    source: str = ""
    sureness: str = ""
    options: tuple[tuple[str, str], ...] = ()


async def panel(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """``about`` keeps the thread: “那多少钱” after a guide asks for its fees; ``from`` is a choice that was made."""
    services, on = services_of(request), today(request)
    question = " ".join(_printable(request.query.get("q", ""))[:_MOST_WORDS].split())
    about = request.query.get("about", "")[:200]
    region = _printable(request.query.get("region", ""))[:60]
    regions = regions_at(region, services.gazetteer) if region else services.regions_of(None)
    chosen = request.query.get("from", "")[:200]
    answerer = services.answerer
    outcome: Outcome | None = None
    if question and chosen:
        outcome = answerer.answer_from(chosen, question, on=on, regions=regions)
    elif question:
        outcome = answerer.answer(question, on=on, about=about or None, regions=regions)
    article = answerer.get(outcome.article_id) if isinstance(outcome, Answer) else None
    context = {
        "question": question,
        "region": region,
        "regions": await known_regions(services),
        "said": said_of(outcome, question, region) if outcome is not None else None,
        "about": article.id if article else about,
        "follow_ups": _follow_ups(article, region) if article else [],
        "entry_href": _entry_href(article, viewer) if article else "",
        "related": _related(services, question, region, article, request) if question else [],
    }
    return show(request, "knowledge_panel.html", context)


def said_of(outcome: Outcome, question: str, region: str) -> Said:
    match outcome:
        case Answer():
            cited = outcome.citation
            number = f"，文号{cited.document_number}" if cited.document_number else ""
            provision = cited.provision or ""
            return Said(
                kind="answer",
                title=outcome.title,
                text=outcome.text,
                field=outcome.field or "",
                source=f"{cited.issuer}{say_day(cited.published_on)}发布的《{cited.title.strip('《》')}》{provision}{number}",
                sureness=f"{outcome.confidence:.0%}",
            )
        case Choice():
            return Said(
                kind="choice",
                title="先问清楚是哪一件",
                text="请问您问的是下面哪一件？",
                options=tuple(
                    (_href(q=question, region=region, **{"from": one.article_id}), one.question)
                    for one in outcome.options
                ),
            )
        case Refusal():
            title, text = _no(outcome)
            return Said(kind="refusal", title=title, text=text, options=_nearest(outcome.nearest, region))


def _no(refusal: Refusal) -> tuple[str, str]:
    """(for the operator, for the caller)."""
    match refusal.reason:
        case RefusalReason.SENSITIVE:
            return (
                f"敏感事项{f'：{refusal.named}' if refusal.named else ''}，不由机器回答",
                "您说的这件事，我给您登记下来，请专门的工作人员答复您。",
            )
        case RefusalReason.OTHER_REGION:
            place = refusal.named or "外地"
            return (
                f"问的是{place}的事",
                f"这里答复的是本地的政策。{place}的规定可能不一样，请拨打当地的12345。",
            )
        case RefusalReason.LAPSED:
            return "原来的规定已经失效", "以前的规定已经失效了。现在怎么办，我给您登记，请单位答复您。"
        case RefusalReason.UNSURE | RefusalReason.NOTHING_NEAR:
            return "没有把握，不要照相近的条目答", "这个问题我这里没有现成的答复，我给您登记，请单位答复您。"


def _nearest(found: tuple[Suggestion, ...], region: str) -> tuple[tuple[str, str], ...]:
    return tuple((_href(q=one.question, region=region), one.question) for one in found)


def _follow_ups(article: Article, region: str) -> list[tuple[str, str]]:
    """The other fields of the guide, one click each: callers go on asking."""
    if article.guide is None:
        return []
    return [
        (_href(q=f"{LABELS[one]}是什么", about=article.id, region=region), LABELS[one])
        for one in _ASPECTS
        if read(article.guide, one).strip()
    ]


def _related(
    services: Services, question: str, region: str, answered: Article | None, request: web.Request
) -> list[tuple[str, str, str]]:
    regions = regions_at(region, services.gazetteer) if region else services.regions_of(None)
    found = services.answerer.search(question, on=today(request), regions=regions, limit=7)
    return [
        (
            _href(q=question, region=region, **{"from": one.id}),
            one.title,
            f"{one.issuer} · {say_day(one.published_on)}",
        )
        for one in found
        if answered is None or one.id != answered.id
    ][:6]


def _entry_href(article: Article, viewer: Viewer) -> str:
    page = PAGE if viewer.actor.role in KNOWLEDGE_ROLES else "/answers"
    return f"{page}/{quote(article.id)}"


def _href(**fields: str) -> str:
    return f"{ADDRESS}?{urlencode({name: value for name, value in fields.items() if value})}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
