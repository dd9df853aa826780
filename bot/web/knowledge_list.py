"""The list of entries: by stage, kind, unit, region and validity; found by words; page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote, urlencode

from aiohttp import web

from bot.services import Services
from bot.web.knowledge_pages import (
    PAGE,
    STAGE_TONES,
    known_regions,
    lists_of,
    services_of,
    show_knowledge,
    today,
    unit_choices,
    units_seen,
)
from bot.web.knowledge_words import Standing, StandingWords, say_day, words_for
from bot.web.pages import Viewer, present, unit_name
from bot.wording import label, say_time
from knowledge_base.article import UNDATED, ArticleKind, ArticleStatus
from knowledge_base.editing.store import BadCursor, EntryFilter, EntryRow
from knowledge_base.gaps.tasks import TaskKind
from routing.departments import UnitId, Units
from routing.workflow import Role

PER_PAGE = 25
_COUNTED = 1_000
EXPIRING_WITHIN_DAYS = 30
_STAGES: dict[str, tuple[str, ArticleStatus | None]] = {
    "all": ("全部", None),
    "published": (label(ArticleStatus.PUBLISHED), ArticleStatus.PUBLISHED),
    "draft": ("草稿", ArticleStatus.DRAFT),
    "business_review": ("业务审核", ArticleStatus.BUSINESS_REVIEW),
    "secrecy_review": ("保密审查", ArticleStatus.SECRECY_REVIEW),
    "approved": (label(ArticleStatus.APPROVED), ArticleStatus.APPROVED),
    "expired": ("已失效", ArticleStatus.EXPIRED),
    "repealed": ("已废止", ArticleStatus.REPEALED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for."""

    stage: str
    words: str
    kind: str
    unit: str
    region: str
    after: str
    bodies: bool

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        stage, kind = query.get("stage", "all"), query.get("kind", "")
        return cls(
            stage=stage if stage in _STAGES else "all",
            words=_printable(query.get("q", ""))[:100].strip(),
            kind=kind if kind in {one.value for one in ArticleKind} else "",
            unit=_printable(query.get("unit", ""))[:64],
            region=_printable(query.get("region", ""))[:60],
            after=_printable(query.get("after", ""))[:300],
            bodies=query.get("bodies") == "yes",
        )

    def href(self, **changes: str) -> str:
        fields = {
            "stage": self.stage if self.stage != "all" else "",
            "q": self.words,
            "kind": self.kind,
            "unit": self.unit,
            "region": self.region,
            "bodies": "yes" if self.bodies else "",
            **changes,
        }
        given = {name: value for name, value in fields.items() if value}
        return f"{PAGE}?{urlencode(given)}" if given else PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry in the list."""

    href: str
    title: str
    kind: str
    number: str
    unit: str
    region: str
    published: str
    standing: StandingWords | None
    stage: str
    stage_tone: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at."""

    href: str
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class Attention:
    """Things to look at, under one heading."""

    heading: str
    note: str
    entries: list[Item]


_MOST_ITEMS = 8
_BY_STATUS = {
    ArticleStatus.PUBLISHED: Standing.IN_FORCE,
    ArticleStatus.EXPIRED: Standing.EXPIRED,
    ArticleStatus.REPEALED: Standing.REPEALED,
}


async def list_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, asked, on = services_of(request), Asked.of(request.query), today(request)
    wanted = filter_of(asked, viewer, request)
    lists = lists_of(services)
    try:
        page = await lists.page(wanted, limit=PER_PAGE, after=asked.after or None)
    except BadCursor:
        raise web.HTTPSeeOther(asked.href()) from None
    counts = await lists.counts_by_stage(filter_of(asked, viewer, request, stage=False))
    context = {
        "asked": asked,
        "stages": [
            (
                asked.href(stage=key if stage else ""),
                words,
                _said_count(counts.get(stage, 0)) if stage else None,
                key == asked.stage,
            )
            for key, (words, stage) in _STAGES.items()
        ],
        "rows": [row_of(row, on=on, units=services.units) for row in page.rows],
        "next_href": asked.href(after=page.next) if page.next else None,
        "first_href": asked.href() if asked.after else None,
        "kinds": tuple(ArticleKind),
        "units": unit_choices(services, units_seen(viewer.actor)),
        "regions": await known_regions(services),
        "attention": await _attention(services, viewer, on, present(request)),
        "notices": await services.console_notices.latest(viewer.actor, limit=_MOST_ITEMS)
        if viewer.actor.role is Role.EDITOR
        else [],
        "may_write": viewer.actor.role is Role.EDITOR,
        "filtered": bool(asked.words or asked.kind or asked.unit or asked.region),
        "empty": _empty(asked, viewer),
    }
    return show_knowledge(request, viewer, "knowledge_list.html", context)


def filter_of(asked: Asked, viewer: Viewer, request: web.Request, *, stage: bool = True) -> EntryFilter:
    """``stage`` False: all stages, to count them."""
    own = units_seen(viewer.actor)
    units = frozenset({asked.unit}) if asked.unit else None
    if own is not None:
        units = own if units is None else units & own
    return EntryFilter(
        kind=ArticleKind(asked.kind) if asked.kind else None,
        stage=_STAGES[asked.stage][1] if stage else None,
        units=units,
        region=asked.region,
        text=asked.words,
        bodies=asked.bodies,
        on=today(request),
    )


def row_of(row: EntryRow, *, on: date, units: Units) -> Row:
    """How an entry stands: what the public sees of it, and the draft beside."""
    return Row(
        href=f"{PAGE}/{quote(row.id)}",
        title=row.title or "（还没有标题）",
        kind=label(row.kind),
        number=row.document_number or "",
        unit=unit_name(UnitId(row.owner_unit_id), units, short=True),
        region=row.region,
        published="" if row.published_on == UNDATED else say_day(row.published_on),
        standing=_standing(row, on),
        stage=label(row.stage) if row.stage else "",
        stage_tone=STAGE_TONES[row.stage] if row.stage else "",
    )


def _standing(row: EntryRow, on: date) -> StandingWords | None:
    """Of the live version. Beside a draft only its status is known here, since the row's days are the draft's."""
    if row.status is None:
        return None
    standing = _BY_STATUS[row.status]
    if row.stage is None and standing is Standing.IN_FORCE:
        if row.repealed_on and on >= row.repealed_on:
            standing = Standing.REPEALED
        elif row.expires_on and on > row.expires_on:
            standing = Standing.EXPIRED
        elif on < row.effective_on:
            standing = Standing.NOT_YET
    return words_for(
        standing, effective_on=row.effective_on, expires_on=row.expires_on, repealed_on=row.repealed_on
    )


async def _attention(services: Services, viewer: Viewer, on: date, now: datetime) -> list[Attention]:
    """What somebody should look at before citizens notice: ends soon, or rests on what has ended."""
    lists, own = lists_of(services), units_seen(viewer.actor)
    expiring = [
        Item(f"{PAGE}/{quote(one.id)}", one.title, f"有效期到{say_day(one.expires_on)}")
        for one in await lists.expiring(on=on, within_days=EXPIRING_WITHIN_DAYS, units=own, limit=_MOST_ITEMS)
    ]
    tasks = await services.gaps.open_tasks(
        viewer.actor, now=now, kind=TaskKind.LAPSED_BASIS, limit=_MOST_ITEMS
    )
    broken = [
        Item(f"{PAGE}/tasks/{quote(task.id)}", task.title, f"最晚{say_time(task.due_at, now=now)}改好")
        for task in tasks
    ]
    groups = (
        Attention("依据已失效", "已停用，等您改", broken[:_MOST_ITEMS]),
        Attention("快到期", f"{EXPIRING_WITHIN_DAYS}天内", expiring),
    )
    return [group for group in groups if group.entries]


def _said_count(count: int) -> str:
    """Counting stops at a thousand, or every list would wait for it."""
    return str(count) if count < _COUNTED else f"{_COUNTED}+"


def _empty(asked: Asked, viewer: Viewer) -> str:
    """What an empty list teaches."""
    if asked.words:
        return f"没有找到含有“{asked.words}”的条目。可以换个词，或到“全部”里再找。"
    if asked.kind or asked.unit or asked.region:
        return "没有符合条件的条目。放宽条件再看看。"
    if asked.stage in ("business_review", "secrecy_review"):
        return "没有等着审核的条目。编辑提交以后，会排到这里。"
    if asked.stage == "draft":
        return "没有草稿。新写的、正在修改的条目会在这里，提交审核后才会公开。"
    if asked.stage in ("expired", "repealed"):
        return "没有失效的条目。失效以后不再用来回答市民，但还能查到。"
    if viewer.actor.role is Role.EDITOR:
        return "知识库还是空的。可以新写一条，也可以把政策文件整批导入。"
    return "这里还没有条目。"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
