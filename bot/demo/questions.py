"""What the demo's citizens asked lately: most of it answered, some of it in vain, so that the library has work to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.demo.setting import ACCOUNT
from bot.services import Services
from bot.wechat.messages import IncomingMessage, MessageKind
from knowledge_base.answering.outcome import Answer, Refusal, RefusalReason
from knowledge_base.gaps.gathering import Lack
from routing.timing.working_calendar import CHINA

_IN_VAIN = (
    (
        "低保户换助听器能补贴吗",
        "吃低保的换助听器有没有补贴",
        "低保户配助听器有补贴没有",
        "换助听器低保户有没有补贴啊",
    ),
    ("小区里能不能装充电桩", "小区能装电动汽车充电桩吗", "我们小区可以装充电桩吗，要谁同意"),
    ("共享单车押金怎么退", "共享单车的押金退不了怎么办"),
)
"""Wordings by matter, one citizen each: the first two matters become tasks, the third waits for one more."""

_ANSWERED = 36
_SAYS_NOTHING = 3
"""Every third citizen says nothing of the answer; of the others most found it useful."""


async def ask_lately(services: Services, *, now: datetime) -> int:
    """Put two weeks of questions to the library as it is; returns how many. Safe to repeat."""
    asked = [(question, f"vain-{place}") for matter in _IN_VAIN for place, question in enumerate(matter)]
    known = [article.questions[0] for article in await services.articles.all_published() if article.questions]
    asked += [(question, f"citizen-{place}") for place, question in enumerate(known[:_ANSWERED])]
    for place, (question, citizen) in enumerate(asked):
        at = now - timedelta(hours=7 * (len(asked) - place) + 1)
        await _ask(services, question, citizen, place, at)
    return len(asked)


async def _ask(services: Services, question: str, citizen: str, place: int, at: datetime) -> None:
    message = IncomingMessage(
        account=ACCOUNT,
        openid=f"demo-{citizen}",
        kind=MessageKind.TEXT,
        message_id=f"past-{place}",
        created_at=at.replace(microsecond=0),
        content=question,
    )
    regions = services.regions_of(ACCOUNT)
    found = services.answerer.answer(question, on=at.astimezone(CHINA).date(), regions=regions)
    await services.hearing.asked(message, found, now=at)
    if isinstance(found, Answer) and place % _SAYS_NOTHING:
        if place % 10 == 1:
            await services.hearing.lacking(
                message, message.key, Lack.UNHELPFUL, question=question, article_id=found.article_id, now=at
            )
        else:
            await services.hearing.helpful(message.key, found.article_id, now=at)
    elif isinstance(found, Refusal) and found.reason in (RefusalReason.UNSURE, RefusalReason.NOTHING_NEAR):
        await services.hearing.lacking(
            message, message.key, Lack.UNANSWERED, question=question, article_id=None, now=at
        )
