"""The public search page: an answer where there is one, and what else the library has; no login, no script."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from aiohttp import web
from redis.exceptions import RedisError

from bot.knowledge.danger import danger_card
from bot.knowledge.regions import regions_at
from bot.services import SERVICES, Services
from bot.talk.phrases import source
from bot.web.knowledge_standing import basis_holds
from bot.web.knowledge_words import StandingWords, excerpt, say_day, standing_words
from bot.web.pages import present
from bot.web.public_pages import PAGE, href, searches_too_often, show_public
from bot.wording import label
from knowledge_base.answering.answer import Answer, Choice, Outcome, Refusal, RefusalReason, Suggestion
from knowledge_base.article import Article, ArticleKind
from knowledge_base.editing.mongo_public import PublicFilter
from knowledge_base.editing.store import BadCursor
from routing.timing.working_calendar import CHINA

PER_PAGE = 15
_MOST_PAGES = 20
_LONG_NUMBER = 5
_MOST_COUNTED = 1_000
_COUNTS_KEPT_S = 60
_COUNTS_WITHIN_S = 0.5
_KINDS = (ArticleKind.GUIDE, ArticleKind.QUESTION, ArticleKind.POLICY)
_MOST_EXAMPLES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for."""

    words: str = ""
    region: str = ""
    kind: str = ""
    lapsed: bool = False
    page: int = 1
    after: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        kind = query.get("kind", "")
        return cls(
            words=" ".join(_printable(query.get("q", ""))[:200].split()),
            region=_printable(query.get("region", ""))[:60].strip(),
            kind=kind if kind in set(_KINDS) else "",
            lapsed=query.get("lapsed") == "yes",
            after=_printable(query.get("after", ""))[:300],
            page=_page_number(query.get("page", "")),
        )

    def href(self, **changes: str) -> str:
        fields = {
            "q": self.words,
            "region": self.region,
            "kind": self.kind,
            "lapsed": "yes" if self.lapsed else "",
            **changes,
        }
        return href(PAGE, fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry in a list."""

    href: str
    title: str
    excerpt: str
    kind: str
    issuer: str
    number: str
    published: str
    region: str
    standing: StandingWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is said above the list: an answer, a choice, or an honest no. ``choices`` are (address, words)."""

    kind: str
    title: str
    text: str
    field: str = ""
    source: str = ""
    href: str = ""
    choices: tuple[tuple[str, str], ...] = ()


async def search(request: web.Request) -> web.StreamResponse:
    """With words: the answer and what is related. Without: what there is, by kind, the newest first."""
    services, asked = request.app[SERVICES], Asked.of(request.query)
    if asked.words and (refused := await searches_too_often(request)):
        return refused
    on, regions = today(request), regions_for(services, asked.region)
    context = {
        "asked": asked,
        "regions": await region_choices(services),
        "kinds": _KINDS,
        "reply": None,
        "danger": "",
        "sure": False,
        "nothing_else": False,
        "beyond": False,
        "back_words": "上一页",
        "first_href": asked.href(page=str(asked.page - 1)) if asked.page > 1 else None,
    }
    if asked.words:
        found = _found(services, asked, on, regions)
        outcome = services.answerer.answer(asked.words, on=on, regions=regions)
        reply = reply_of(outcome, asked)
        if isinstance(outcome, Answer):
            found = [one for one in found if one.id != outcome.article_id]
        context |= {"reply": reply if asked.page == 1 else None, "danger": danger_card(asked.words, outcome)}
        context |= {"sure": isinstance(outcome, Answer | Choice), "nothing_else": _for_a_person(outcome)}
        context |= {"empty": _nothing(asked), "widen": _wider(asked), **_page_of(found, asked, services, on)}
    else:
        context |= await _browse(services, asked, on, regions)
    return show_public(request, "public_search.html", context)


def today(request: web.Request) -> date:
    return present(request).astimezone(CHINA).date()


def regions_for(services: Services, asked: str) -> frozenset[str] | None:
    """Where what is shown must hold: the installation's own area, or the place asked for and all above it."""
    return regions_at(asked, services.gazetteer) if asked else services.regions_of(None)


async def region_choices(services: Services) -> list[tuple[str, str]]:
    """(value, words): the installation's own area first, then the other places the library has something for."""
    home = services.gazetteer.home
    own = services.gazetteer.get(home).name if home else ""
    others = [name for name in await services.articles.public.regions() if name != own]
    return [("", f"{own}（含上级）" if own else "全部"), *((name, name) for name in others)]


def reply_of(outcome: Outcome, asked: Asked) -> Reply | None:
    match outcome:
        case Answer():
            return Reply(
                kind="answer",
                title=outcome.title,
                text=outcome.text,
                field=outcome.field or "",
                source=source(outcome.citation),
                href=_answer_href(outcome, asked.words),
            )
        case Choice():
            return Reply(
                kind="choice",
                title="您问的是哪一件？",
                text="这几件都对得上，请点您要问的那一件。",
                choices=_suggestions(outcome.options, asked),
            )
        case Refusal():
            return _refusal(outcome, asked)


def _answer_href(answer: Answer, words: str) -> str:
    """The page of the entry, with the field or the 条 that answered marked."""
    at = answer.field or answer.citation.provision or ""
    return href(f"{PAGE}/{quote(answer.article_id)}", {"at": at, "q": words})


def line_of(article: Article, *, on: date, basis_holds: bool = True, words: str = "") -> Line:
    said = article.guide.matter if article.guide else article.body
    return Line(
        href=href(f"{PAGE}/{quote(article.id)}", {"q": words}),
        title=article.title,
        excerpt=excerpt(said),
        kind=label(article.kind),
        issuer=article.issuer,
        number=article.document_number or "",
        published=say_day(article.published_on),
        region=article.region,
        standing=standing_words(article, on=on, basis_holds=basis_holds),
    )


def _refusal(refusal: Refusal, asked: Asked) -> Reply | None:
    nearest = _suggestions(refusal.nearest, asked)
    match refusal.reason:
        case RefusalReason.SENSITIVE:
            about = f"这涉及{refusal.named}，" if refusal.named else ""
            title, text = (
                "这件事要由人来答复您",
                f"{about}机器不作答。请拨打12345，和工作人员直接说。",
            )
        case RefusalReason.OTHER_REGION:
            title = f"您问的像是{refusal.named or '外地'}的事"
            text = "各地规定不一样，这里的不能套用。请在上面换一个地区，或者拨打当地的12345。"
        case RefusalReason.LAPSED:
            title, text = (
                "原来的规定已经失效",
                "有关的文件已经过期或废止，不能再照它办。现在怎么办，请拨打12345。",
            )
        case RefusalReason.UNSURE:
            title, text = "这个问题没有把握，不敢乱说", "您是不是想问下面这些？也可以拨打12345。"
        case RefusalReason.NOTHING_NEAR:
            return None
    return Reply(kind="refusal", title=title, text=text, choices=nearest)


def _suggestions(found: Sequence[Suggestion], asked: Asked) -> tuple[tuple[str, str], ...]:
    return tuple((asked.href(q=one.question), one.question) for one in found)


def _found(services: Services, asked: Asked, on: date, regions: frozenset[str] | None) -> Sequence[Article]:
    """As far as this page and one entry more, so that the next page is known to be there."""
    wanted = asked.page * PER_PAGE + 1
    # A kind is picked out of what is found, so more must be found.
    limit = wanted if not asked.kind else min(wanted * 6, 400)
    found = services.answerer.search(asked.words, on=on, regions=regions, limit=limit, lapsed=asked.lapsed)
    return [one for one in found if one.kind == asked.kind] if asked.kind else found


def _page_of(found: Sequence[Article], asked: Asked, services: Services, on: date) -> dict[str, object]:
    start = (asked.page - 1) * PER_PAGE
    shown = found[start : start + PER_PAGE]
    more = len(found) > start + PER_PAGE and asked.page < _MOST_PAGES
    beyond = not shown and asked.page > 1
    return {
        "lines": [
            line_of(one, on=on, basis_holds=services.answerer.basis_holds(one.id, on=on), words=asked.words)
            for one in shown
        ],
        "total": f"{len(found) - 1}+" if more else len(found),
        "next_href": asked.href(page=str(asked.page + 1)) if more else None,
        "beyond": beyond,
        **({"empty": [], "widen": [(asked.href(), "回到第一页")]} if beyond else {}),
    }


def _page_number(said: str) -> int:
    """From 1 on; whatever is no number is the first page, and what is far too large the last there may be."""
    if not (said.isascii() and said.isdigit()):
        return 1
    return min(max(int(said), 1), _MOST_PAGES) if len(said) < _LONG_NUMBER else _MOST_PAGES


def _for_a_person(outcome: Outcome) -> bool:
    """Whether a list of what merely sounds alike would be out of place."""
    return isinstance(outcome, Refusal) and outcome.reason is RefusalReason.SENSITIVE


async def _browse(
    services: Services, asked: Asked, on: date, regions: frozenset[str] | None
) -> dict[str, object]:
    """Without words: what is in force, or what no longer is, the newest first."""
    public = services.articles.public
    kind = ArticleKind(asked.kind) if asked.kind else None
    wanted = PublicFilter(
        on=on,
        regions=frozenset(await public.regions()) if regions is None else regions,
        kind=kind,
        lapsed=asked.lapsed,
    )
    every = await _counted(services, replace(wanted, kind=None))
    counts = {each: every[each] for each in _KINDS}
    try:
        articles, following = await public.page(wanted, limit=PER_PAGE, after=asked.after or None)
    except BadCursor:
        raise web.HTTPSeeOther(asked.href()) from None
    holds = {one.id: await basis_holds(services, one, on=on) for one in articles}
    shown = [one for one in articles if holds[one.id] or asked.lapsed]
    examples = [] if asked.after or asked.lapsed else [one for one in shown if one.questions]
    return {
        "lines": [line_of(one, on=on, basis_holds=holds[one.id]) for one in shown],
        "total": _said_count(counts[kind] if kind in counts else sum(counts.values())),
        "next_href": asked.href(after=following) if following else None,
        "first_href": asked.href() if asked.after else None,
        "back_words": "回到第一页",
        "kind_links": [
            (asked.href(kind=each), label(each), _said_count(counts[each]), each == asked.kind)
            for each in _KINDS
        ],
        "examples": [(asked.href(q=one.questions[0]), one.questions[0]) for one in examples[:_MOST_EXAMPLES]],
        "list_words": f"{'已失效的' if asked.lapsed else '' if kind else '最近发布的'}{label(kind) if kind else ''}",
        "empty": ["这里还没有内容。录入并通过审核的政策和指南会出现在这里。", "要问事情，请拨打12345。"],
        "widen": [(PAGE, "看全部")] if asked.kind or asked.region else [],
    }


async def _counted(services: Services, wanted: PublicFilter) -> dict[ArticleKind, int]:
    """How many of each kind, kept for a minute for all processes: counting reads many entries, and anybody may ask."""
    said = f"{wanted.on}|{wanted.lapsed}|{','.join(sorted(wanted.regions))}"
    key = f"public-counts:{hashlib.sha256(said.encode()).hexdigest()[:32]}"
    try:
        async with asyncio.timeout(_COUNTS_WITHIN_S):
            if kept := await services.redis.get(key):
                return {ArticleKind(kind): count for kind, count in json.loads(kept).items()}
        counts = await services.articles.public.counts(wanted, most=_MOST_COUNTED)
        async with asyncio.timeout(_COUNTS_WITHIN_S):
            await services.redis.set(key, json.dumps(counts), ex=_COUNTS_KEPT_S)
    except (RedisError, TimeoutError):
        # Reading up on something needs no Redis.
        counts = await services.articles.public.counts(wanted, most=_MOST_COUNTED)
    return counts


def _said_count(count: int) -> str:
    return str(count) if count < _MOST_COUNTED else f"{_MOST_COUNTED}+"


def _nothing(asked: Asked) -> list[str]:
    """What to try next; an empty page must teach."""
    tips = [f"没有找到和“{asked.words}”有关的{'这一类' if asked.kind else ''}内容。"]
    tips.append("可以换个说法，或者只写最要紧的几个字，比如“社保卡 丢了”。")
    tips.append("也可以拨打12345，把问题登记下来，由单位答复您。")
    return tips


def _wider(asked: Asked) -> list[tuple[str, str]]:
    ways = []
    if asked.kind:
        ways.append((asked.href(kind="", page=""), "不限类别再查"))
    if asked.region:
        ways.append((asked.href(region="", page=""), "在本地的里面查"))
    if not asked.lapsed:
        ways.append((asked.href(lapsed="yes", page=""), "也看已失效的"))
    return ways


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
