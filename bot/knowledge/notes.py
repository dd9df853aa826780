"""What officials are told of the knowledge base's tasks, and where they lead."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import quote as quoted

from bot.wechat_text import quote
from bot.wording import say_time
from knowledge_base.article import Article
from knowledge_base.gaps.tasks import KnowledgeTask

TASKS_PAGE = "/console/knowledge/tasks"
_MOST = 40


def task_page(task_id: str) -> str:
    """A task at the console."""
    return f"{TASKS_PAGE}/{quoted(task_id, safe='')}"


def proposal_page(proposal_id: str) -> str:
    return f"/console/knowledge/proposals/{quoted(proposal_id, safe='')}"


def entry_page(article_id: str) -> str:
    return f"/console/knowledge/{quoted(article_id, safe='')}"


def new_gap_task(task: KnowledgeTask, *, now: datetime) -> str:
    return (
        f"{task.askers}位群众问“{quote(task.title, _MOST)}”，知识库答不了。"
        f"请于{say_time(task.due_at, now=now)}前补充或修改条目。"
    )


def expiring(article: Article, ends: date, days: int) -> str:
    return f"《{quote(article.title, _MOST)}》{_day(ends)}到期，还有{days}天。到期后不再引用，请续期、修订或说明不再执行。"


def stale(title: str, *, checked: date) -> str:
    return f"《{quote(title, _MOST)}》从{_day(checked)}起没有复核过。请核对内容是否仍然准确。"


def several_stale(unit: str, many: int) -> str:
    return f"{unit}有{many}条知识很久没有复核，请核对内容是否仍然准确。"


def resting_on_lapsed(article: Article, titles: tuple[str, ...]) -> str:
    named = "、".join(f"《{quote(title, _MOST)}》" for title in titles)
    return f"《{quote(article.title, _MOST)}》的依据{named}已经失效，现在不再引用。请按现行规定修改。"


def will_end(title: str, resting: int) -> str:
    """What a document that is being imported ends, once it is published and has begun."""
    also = f"，{resting}条以它为依据，也会停用" if resting else ""
    return f"将废止：《{title.strip('《》')}》{also}"


def new_proposal(question: str) -> str:
    return f"一件咨询办结，答复可以收入知识库：“{quote(question, _MOST)}”"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
