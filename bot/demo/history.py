"""Sixty believable days of a county's hotline, ending now; the same for the same moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.demo.course import Course, Fate
from bot.demo.life import Life
from bot.demo.setting import ACCOUNT, OPERATOR
from bot.demo.stories import Stories, Story, Told
from bot.simulator.citizens import DemoCitizens
from routing.citizen_request import Channel, Citizen, CitizenRequest, RequestType, Secrecy, Urgency
from routing.departments import Units
from routing.mongo_store import format_number
from routing.places.gazetteer import Gazetteer
from routing.service_desk import ServiceDesk
from routing.ticket import Ticket
from routing.timing.sla import ClockName, Profile
from routing.timing.working_calendar import CHINA
from routing.workflow import CITIZEN

DAYS = 60
_SEED = "huiyin"
_WEEKDAY, _WEEKEND = (3, 7), (1, 3)
_BY_HOUR = (0, 0, 0, 0, 0, 0, 1, 2, 6, 9, 9, 6, 3, 4, 7, 8, 7, 5, 4, 4, 3, 2, 1, 0)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗"
_RECORDED_MILDER = 0.08
"""How often the hotline records a complaint as something milder: what the audit is there to find."""
_GIVEN = (
    "建国",
    "秀英",
    "桂兰",
    "志强",
    "海燕",
    "晓东",
    "玉梅",
    "永福",
    "丽娟",
    "文博",
    "春生",
    "雪",
    "磊",
    "敏",
)

_FRESH = (
    "流动摊贩占道经营",
    "老旧小区改造排到什么时候",
    "辞退不给补偿",
    "村里路灯坏了",
    "家里暖气不热",
    "买到过期食品",
)
"""Dispatched today and not signed in yet: each demo liaison has one."""
_OVERDUE = ("烧烤店油烟扰民", "新房外墙渗水", "物业不作为", "村道坑洼难走", "养殖场臭味大")
_CHASED = "烧烤店油烟扰民"
"""The overdue one the supervisor has written about."""
_SUSPENDED = "路灯不亮"
_AT_RISK = (
    "井盖松动有声响",
    "中介收钱不介绍工作",
    "工地扬尘大",
    "村里垃圾没人清",
    "车辆违停堵路",
    "小区电梯老坏",
)
_ANSWERED = ("路灯不亮", "开发商延期交房", "农民工工资没结清", "村里路灯坏了")
_OF_DEMO_CITIZENS = (
    ("wang", "路灯不亮", Fate.UNRATED, 5.2),
    ("wang", "家里暖气不热", Fate.STUCK, 2.1),
    ("wang", "咨询高龄津贴", Fate.ORDINARY, 20.3),
    ("li", "咨询学区划片", Fate.ORDINARY, 16.2),
    ("li", "培训班不退费", Fate.UNRATED, 6.1),
    ("li", "垃圾桶满了没人清", Fate.STUCK, 1.2),
    ("chen", "县道大坑没人补", Fate.UNRATED, 7.0),
    ("chen", "红绿灯时间不合理", Fate.ORDINARY, 30.4),
)
"""What the simulated WeChat's citizens find under 我的诉求: citizen, story, fate, days ago."""


@dataclass(frozen=True, slots=True)
class History:
    """Tickets in the order of their numbers, and who asked."""

    tickets: list[Ticket]
    citizens: dict[str, Citizen]


@dataclass(frozen=True, slots=True)
class _Plan:
    """One ticket to be lived."""

    story: Story
    at: datetime
    fate: Fate = Fate.ORDINARY
    demo_citizen: str | None = None


@dataclass(frozen=True, slots=True)
class Historian:
    """Makes the past out of stories; ``app_id`` decides the demo citizens' openids."""

    desk: ServiceDesk
    profile: Profile
    units: Units
    gazetteer: Gazetteer
    app_id: str

    def write(self, *, now: datetime) -> History:
        """All tickets up to ``now``, each lived through the domain in memory; takes about a second."""
        stories = Stories.load(units=self.units, gazetteer=self.gazetteer)
        plans = sorted(self._plans(stories, now=now), key=lambda plan: plan.at)
        history = History([], {})
        counts: defaultdict[str, int] = defaultdict(int)
        for index, plan in enumerate(plans):
            day = f"{plan.at.astimezone(CHINA):%y%m%d}"
            counts[day] += 1
            number = format_number(plan.at, counts[day])
            rng = Random(f"{_SEED}/{index}")
            told = stories.tell(plan.story, rng)
            request = self._request(plan, told, index=index, rng=rng)
            actor = OPERATOR if request.channel is Channel.HOTLINE else CITIZEN
            ticket = self.desk.draft(request, number=number, now=plan.at, actor=actor)
            life = Life(ticket, present=now)
            Course(life, told, plan.fate, stories, self.profile, rng).run()
            history.tickets.append(ticket)
            history.citizens[number] = request.citizen
        return history

    # ---- which tickets

    def _plans(self, stories: Stories, *, now: datetime) -> Iterator[_Plan]:
        rng = Random(f"{_SEED}/plans")
        yield from self._ordinary_days(stories, now=now, rng=rng)
        for title in _FRESH:
            yield _Plan(stories.titled(title), now - timedelta(minutes=rng.randint(9, 110)), Fate.UNSIGNED)
        for story in stories.vague:
            fate = Fate.ORDINARY if story.rejected else Fate.WAITING
            ago = timedelta(days=9) if story.rejected else timedelta(minutes=rng.randint(6, 100))
            yield _Plan(story, now - ago, fate)
        for title in _OVERDUE:
            story = stories.titled(title)
            fate = Fate.CHASED if title == _CHASED else Fate.STUCK
            yield _Plan(story, self._received_when(story, rng, overdue=True, now=now), fate)
        for title in _AT_RISK:
            story = stories.titled(title)
            yield _Plan(story, self._received_when(story, rng, overdue=False, now=now), Fate.STUCK)
        for title in _ANSWERED:
            yield _Plan(
                stories.titled(title), now - timedelta(days=5, minutes=rng.randint(10, 300)), Fate.ANSWERED
            )
        yield _Plan(stories.titled(_SUSPENDED), now - timedelta(days=4, minutes=35), Fate.SUSPENDED)
        asked_at = now - timedelta(minutes=200)
        yield _Plan(stories.titled("楼上漏水没人管"), asked_at, Fate.RETURN_ASKED)
        for citizen, title, fate, days in _OF_DEMO_CITIZENS:
            yield _Plan(stories.titled(title), now - timedelta(days=days), fate, citizen)

    def _ordinary_days(self, stories: Stories, *, now: datetime, rng: Random) -> Iterator[_Plan]:
        weights = [story.weight for story in stories.all]
        for back in range(DAYS):
            day = now.astimezone(CHINA) - timedelta(days=back)
            for _ in range(rng.randint(*(_WEEKEND if day.weekday() >= 5 else _WEEKDAY))):
                hour = rng.choices(range(24), _BY_HOUR)[0]
                at = day.replace(
                    hour=hour, minute=rng.randint(0, 59), second=rng.randint(0, 59), microsecond=0
                )
                story = rng.choices(stories.all, weights)[0]
                fate = Fate.WITHDRAWN if rng.random() < 0.025 else Fate.ORDINARY
                if at.astimezone(now.tzinfo) < now:
                    yield _Plan(story, at.astimezone(now.tzinfo), fate)

    def _received_when(self, story: Story, rng: Random, *, overdue: bool, now: datetime) -> datetime:
        """A moment in the daytime from which the reply would be overdue, or at risk, just now."""
        fitting = []
        for hours in range(1, 24 * 22, 3):
            at = (now - timedelta(hours=hours)).replace(minute=rng.randint(0, 59))
            promise = self.profile.promise(ClockName.REPLY, at=at, request_type=story.request_type)
            if promise is None or not 8 <= at.astimezone(CHINA).hour < 20:
                continue
            if overdue and now - timedelta(days=9) < promise.due_at < now:
                fitting.append(at)
            if not overdue and promise.warn_at <= now <= promise.due_at and at < now - timedelta(hours=20):
                fitting.append(at)
        return rng.choice(fitting) if fitting else now - timedelta(days=12 if overdue else 5)

    # ---- who asked, and through which door

    def _request(self, plan: _Plan, told: Told, *, index: int, rng: Random) -> CitizenRequest:
        channel = rng.choices((Channel.HOTLINE, Channel.WECHAT, Channel.WEB), (62, 30, 8))[0]
        if plan.demo_citizen is not None:
            channel = Channel.WECHAT
        return CitizenRequest(
            channel=channel,
            external_number=f"demo-{plan.at:%y%m%d}-{index:04d}",
            request_type=_recorded(told.story, channel, index),
            title=None if channel is Channel.WECHAT else told.title,
            text=told.text,
            place=told.place,
            citizen=self._citizen(plan, channel, rng),
            received_at=plan.at,
            urgency=Urgency.URGENT if told.story.urgent else Urgency.ORDINARY,
        )

    def _citizen(self, plan: _Plan, channel: Channel, rng: Random) -> Citizen:
        secrecy = rng.choices((Secrecy.PUBLIC, Secrecy.SECRET, Secrecy.ANONYMOUS), (72, 21, 7))[0]
        if plan.story.request_type is RequestType.REPORT and secrecy is Secrecy.PUBLIC:
            secrecy = Secrecy.SECRET
        account = openid = None
        if channel is Channel.WECHAT:
            account, openid = ACCOUNT, "o" + "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghij", k=27))
        if plan.demo_citizen is not None:
            known = DemoCitizens(app_id=self.app_id).find(plan.demo_citizen)
            assert known is not None
            openid, secrecy = known.openid, Secrecy.PUBLIC
        if secrecy is Secrecy.ANONYMOUS:
            return Citizen(account=account, openid=openid, secrecy=secrecy)
        name = rng.choice(_SURNAMES) + rng.choice(_GIVEN)
        # A block of numbers that is kept for examples, so that nobody real can be rung up.
        phone = f"1380000{rng.randint(0, 9999):04d}"
        return Citizen(name=name, phone=phone, account=account, openid=openid, secrecy=secrecy)


def _recorded(story: Story, channel: Channel, index: int) -> RequestType:
    """The type as the operator records it: now and then a complaint becomes a mere question or a plea."""
    # A generator of its own, so that everything else of the past stays as it was.
    rng = Random(f"{_SEED}/type/{index}")
    grave = story.request_type in (RequestType.COMPLAINT, RequestType.REPORT)
    if channel is Channel.HOTLINE and grave and rng.random() < _RECORDED_MILDER:
        return rng.choice((RequestType.CONSULTATION, RequestType.HELP))
    return story.request_type
