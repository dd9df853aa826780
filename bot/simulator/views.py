"""Renders the chat page and its pieces, the same for the first page and for what arrives later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import jinja2

from bot.simulator.citizens import DemoCitizen, DemoCitizens
from bot.simulator.markup import segments
from bot.simulator.menu import Button, Menu
from bot.simulator.phones import Phone
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import ApiCall, ChatEntry, Delivery, Outcome, TryResult

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
DIVIDER_AFTER: Final = timedelta(minutes=5)

OUTCOMES: Final = {
    Outcome.ANSWERED: "已回复",
    Outcome.SUCCESS: "已收下，无回复",
    Outcome.FAULT_SHOWN: "提示故障",
    Outcome.FAILED: "推送失败",
}
RESULTS: Final = {
    TryResult.ANSWERED: "收到回复",
    TryResult.SUCCESS: "success",
    TryResult.CUT: "超时断开",
    TryResult.LOST: "回应丢失",
    TryResult.UNREACHABLE: "连不上",
    TryResult.MALFORMED: "回复无效",
}
FALLBACK_MENU: Final = Menu(
    (
        Button("我要反映", "text", "我要反映"),
        Button("我的诉求", "text", "我的诉求"),
        Button("人工服务", "text", "人工"),
    )
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence a visitor may try, and what it shows."""

    text: str
    shows: str


@dataclass(frozen=True, slots=True)
class SamplePlace:
    """A place the location form offers."""

    label: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class SampleCode:
    """A QR code that hangs somewhere: what it hangs at, and its scene."""

    label: str
    scene: str


@dataclass(frozen=True, slots=True)
class OtherAccount:
    """Another official account the visitor may turn to."""

    title: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class PageContent:
    """What the page offers to try; all of it is words and may be replaced."""

    suggestions: Sequence[Suggestion] = (
        Suggestion("周末能不能装修，几点可以开工？", "问政策，带出处的答复"),
        Suggestion("办居住证要带什么材料？", "问办事，一次告知材料"),
        Suggestion("小区门口的路灯坏了一个多星期，晚上老人出门看不见路", "反映问题，转成工单"),
        Suggestion("我家楼下烧烤店油烟太大，每天吵到半夜", "涉及两个部门，由派单员定"),
        Suggestion("公司拖欠我三个月工资", "求助"),
        Suggestion("家里煤气漏了，味道很大", "紧急情况，马上给出电话"),
        Suggestion("我的诉求", "查办到哪一步"),
        Suggestion("人工", "找人工"),
    )
    places: Sequence[SamplePlace] = (
        SamplePlace("清和县城关街道人民路", 34.7466, 113.6253),
        SamplePlace("清和县新城街道文昌路", 34.7512, 113.6318),
    )
    codes: Sequence[SampleCode] = ()
    accounts: Sequence[OtherAccount] = ()
    fallback_menu: Menu = FALLBACK_MENU
    """Shown until the service creates its own menu; these buttons type their words."""


class Views:
    """The page's templates with what they need to know."""

    def __init__(
        self,
        *,
        platform: SimulatedPlatform,
        citizens: DemoCitizens,
        content: PageContent,
        base: str = "/simulator",
    ) -> None:
        self._platform = platform
        self._citizens = citizens
        self._content = content
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._templates.globals.update(base=base, segments=segments, outcomes=OUTCOMES, results=RESULTS)
        self._templates.filters.update(clock=_clock_time, moment=moment)

    def page(self, citizen: DemoCitizen, phone: Phone, *, now: datetime, mistake: str = "") -> str:
        """The whole page."""
        entries = list(phone.entries)
        return self._templates.get_template("page.html").render(
            account=self._platform.account,
            citizen=citizen,
            citizens=self._citizens.all(),
            content=self._content,
            codes=self._codes(),
            menu=self._platform.menu or self._content.fallback_menu,
            phone=phone,
            lines=[(entry, _divides(before, entry)) for before, entry in pairwise([None, *entries]) if entry],
            last=entries[-1].sequence if entries else 0,
            deliveries=list(phone.deliveries)[::-1],
            calls=[call for call in self._platform.phones.calls if call.openid in (None, phone.openid)][::-1],
            now=now,
            mistake=mistake,
            subscriptions=[
                (template_id, template)
                for template_id, template in self._platform.library.items()
                if template.subscription
            ],
        )

    def _codes(self) -> list[SampleCode]:
        """Those that hang somewhere, then what the service had made beside them."""
        hanging = list(self._content.codes)
        known = {code.scene for code in hanging}
        made = [SampleCode(c.scene, c.scene) for c in self._platform.codes.all() if c.scene not in known]
        return [*hanging, *made[-6:]]

    def entry(self, entry: ChatEntry, phone: Phone, citizen: DemoCitizen, *, now: datetime) -> str:
        """One line of the chat as HTML."""
        before = [other for other in phone.entries if other.sequence < entry.sequence]
        divided = _divides(before[-1] if before else None, entry)
        macro = self._macro("_pieces.html", "line")
        return macro(entry, divided, citizen, self._platform.account, now)

    def delivery(self, delivery: Delivery) -> str:
        """One push in the platform's view as HTML."""
        return self._macro("_pieces.html", "delivery_item")(delivery)

    def call(self, call: ApiCall) -> str:
        """One API call in the platform's view as HTML."""
        return self._macro("_pieces.html", "call_item")(call)

    def _macro(self, template: str, name: str) -> jinja2.runtime.Macro:
        macro = getattr(self._templates.get_template(template).module, name)
        assert isinstance(macro, jinja2.runtime.Macro)
        return macro


def _divides(before: ChatEntry | None, entry: ChatEntry) -> bool:
    return before is None or entry.at - before.at > DIVIDER_AFTER


def _clock_time(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%H:%M:%S")


def moment(at: datetime, now: datetime) -> str:
    """A time as WeChat writes it between messages: 15:02, 昨天 15:02, 10月8日 15:02."""
    local, today = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    days = (today - local.date()).days
    time = f"{local:%H:%M}"
    if days == 0:
        return time
    if days == 1:
        return f"昨天 {time}"
    year = f"{local.year}年" if local.year != today.year else ""
    return f"{year}{local.month}月{local.day}日 {time}"
