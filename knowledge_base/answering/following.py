"""One more question about the article just quoted: “那多少钱？”, “第二条呢”, “我爸能替我去吗”."""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge_base.answering.aspects import asked, without_cues
from knowledge_base.answering.composing import named_provision
from knowledge_base.answering.known import Known
from knowledge_base.article import Article, ArticleKind
from knowledge_base.retrieval.features import content

_GOING_ON = re.compile(r"^(?:那么?|还有|另外|再问(?:一下|下)?|请问|然后|对了|哦|嗯|好的?)+(?:呢)?[，,、。 ]?")
_POINTING = re.compile(r"这个|那个|这种|那种|这事|这件事|它|这证|这卡|上面说的|刚才说的|刚说的|你说的")
_PROVISION = re.compile(r"第[一二三四五六七八九十百千零〇两\d]{1,7}条")
PEOPLE = frozenset({"≈父母", "≈老人", "≈孩子"})
"""Who asks, or for whom: no matter of its own."""
NO_MATTER = PEOPLE | {
    *(
        "≈上门服务",
        "≈代办",
        "≈手机办理",
        "≈预约",
        "≈周末",
        "≈开放时间",
        "≈午休",
        "≈夜间",
        "≈快递",
        "≈照片",
        "≈复印件",
    ),
    *(
        "≈费用",
        "≈材料",
        "≈免费",
        "≈半价",
        "≈补贴",
        "≈到账",
        "≈县城",
        "≈农村",
        "≈异地",
        "≈年满",
        "≈逾期",
        "≈街道",
    ),
}
"""Those, and how, where and when a thing is done: what sounds alike in nothing else is another matter."""

_LONGEST = 20
_MOST_WORDS = 2  # of a question that names no aspect


def goes_on(question: str) -> str:
    """The question less the words that only tie it to the one before."""
    return _POINTING.sub("", _GOING_ON.sub("", question.strip()))


def asks_for_provision(question: str, article: Article) -> bool:
    """“第二条呢”: a numbered article of that document and nothing else."""
    if article.kind is not ArticleKind.POLICY or named_provision(article, question) is None:
        return False
    return not content(without_cues(_PROVISION.sub("", goes_on(question))))


def is_about(question: str, known: Known, *, strict: bool) -> bool:
    """Whether a short question goes on about that article: it names an aspect, or what the article speaks of, and no
    other matter. ``strict`` where the question is answered without that: then it must name an aspect alone."""
    said = goes_on(question)
    aspects, rest = asked(said), content(without_cues(said))
    if len(said) > _LONGEST or not (aspects or rest) or (strict and rest):
        return False
    if not aspects and len(rest) > _MOST_WORDS:
        return False
    return all(form in PEOPLE or known.in_text(word, form) == 1.0 for word, form in rest.items())


def has_own_matter(question: str) -> bool:
    """Whether anything is left beside the aspects asked for."""
    return _asked_again(question) if len(question) <= _SHORT else _has_own_matter(question)


def _has_own_matter(question: str) -> bool:
    return bool(content(without_cues(goes_on(question))))


_SHORT = 40  # characters: what many ask in the same words
_asked_again = lru_cache(maxsize=2_000)(_has_own_matter)
