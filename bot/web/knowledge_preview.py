"""An entry as the citizen's telephone will show it: the very words WeChat sends, before anybody approves them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.knowledge.pages import public_page
from bot.talk import phrases
from bot.wechat_text import plain
from knowledge_base.answering.composing import compose
from knowledge_base.answering.outcome import Refusal, RefusalReason
from knowledge_base.article import UNDATED, Article, ArticleKind

_MOST_SHOWN = 3
_LINK = re.compile(r"<a [^>]*>(.*?)</a>")
"""WeChat shows the words of a link, not its address."""
_ROOM_BYTES = 1400
"""What an answer may take of a WeChat text of 2,048 bytes, beside its source and the menu."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """A question, what is answered, and what the editor should know about it."""

    question: str
    text: str
    note: str = ""


def bubbles(article: Article, *, public_url: str = "", lapsed: bool = False) -> tuple[Bubble, ...]:
    """For the first ways of asking, each answer once; with none, for the title itself. ``lapsed``: nobody is told this
    text (any more), and what they are told instead is shown."""
    questions = article.questions[:_MOST_SHOWN] or ((f"{article.title}？",) if article.title else ())
    if not _readable(article):
        return ()
    if lapsed:
        refused = phrases.refused(Refusal((), RefusalReason.LAPSED))
        return tuple(Bubble(question, refused) for question in questions[:1])
    found: dict[str, Bubble] = {}
    for question in questions:
        bubble = _bubble(article, question, public_page(public_url, article.id))
        found.setdefault(bubble.text, bubble)
    return tuple(found.values())


def _bubble(article: Article, question: str, page: str | None) -> Bubble:
    found = compose(article, question, 1.0)
    text = _LINK.sub(r"\1", phrases.answer(found, page=page))
    note = ""
    if plain(found.text).endswith("……"):
        note = "太长，微信里只显示开头，其余点“详情”看。"
    elif len(text.encode()) > _ROOM_BYTES:
        note = "偏长，写短一些更好读。"
    return Bubble(question, text, note)


def _readable(article: Article) -> bool:
    """Whether there is anything to answer from yet."""
    if article.kind is ArticleKind.GUIDE:
        return article.guide is not None and bool(article.guide.text().strip())
    return bool(article.body.strip()) and article.published_on != UNDATED
