"""How sure an answer is: what speaks for an article as the answer to a question, weighed on questions we know.

Two steps, each linear. ``Evidence.near`` orders the articles found; then the first one is judged: does it answer?
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from knowledge_base.answering.aspects import asked
from knowledge_base.retrieval.features import DATA

CALIBRATION_FILE = DATA / "calibration" / "evidence.json"
DEFAULT_PRECISION = 0.95
"""Of a hundred answers given, this share shall be right."""

_ASKING = re.compile(
    r"[?？吗呢么]|(?P<again>[一-鿿])不(?P=again)|几多|好多|好久|中不中|要得不|怎么|怎样|如何|咋|什么|啥|哪|多少|多久|多大|多长|几|谁|是否|是不是|能不能|可不可以|有没有|要不要|用不用"
    r"|会不会|该不该|还是|需不需|用不|要不|让不让|算不算|想|打算|准备|求|有吗|给不给|行不|对不对|合法|正规|可以|能[^力够]|不$|需要|想(?:问|办|申请|要)|请问|咨询|办理"
)
_GRIEVANCE = re.compile(
    r"(?:投诉|举报)(?:他|她|它|你|那|这|一下|啊|！)|(?:我|必须|一定)要(?:投诉|举报|曝光)|没人管|没人理|凭啥|凭什么|干啥吃的|干什么吃的|太差|太慢|气死|吵死|臭死|烦死"
    r"|怎么没人|赶紧(?:派|来|管|处理|修)|快来|快派|骂人|打人|态度(?:差|恶劣|不好|很)|不耐烦|恶劣|欺负|(?:三|四|五|六|七|八|九|十|好几|几)(?:天|遍|次|个月)(?:了)?(?:没|都没|还没)"
)
# “本人反映……” tells of something; “怎么反映” asks how.
_REPORT = re.compile(
    r"(?:^|[,，。:：;；\s])(?:本人|我们?|村民|市民|业主|居民|群众|来电人|家长|现|今|特|想|要|再次|实名)*(?:向\S{1,12}?)?(?:反映|投诉|举报|控诉|检举)(?!.{0,6}(?:电话|热线|吗|么|怎|咋|哪|什么|啥|能|可以|奖))"
)
_A_REPORT = 24  # characters: shorter than that, 反映问题 is what is asked about
_KEYWORDS = 8
_ALL = 0.999
_GAP = 4.0  # a lead beyond this says no more


def asks(question: str) -> bool:
    """Whether it is put as a question, a wish or a few keywords, not told as a grievance."""
    return len(question.strip()) <= _KEYWORDS or bool(_ASKING.search(question)) or bool(asked(question))


def grieves(question: str) -> bool:
    """Whether it complains of somebody or something rather than asks."""
    return bool(_GRIEVANCE.search(question)) or (len(question) > _A_REPORT and bool(_REPORT.search(question)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one article. Shares are of the question's information, 0 to 1, unless said otherwise."""

    score: float
    """the index's score as a share of the best"""
    in_head: float
    """found in the title or the known questions"""
    in_text: float
    """found anywhere in the article"""
    likeness: float
    """to the nearest of the title and the known questions"""
    covered: float
    """found anywhere, by words, concepts and pairs of characters"""
    named: float
    """share of the title's or a known question's information, where it is highest, that the question has"""
    found: float
    """information found anywhere, in words of the rarest kind (at most 3): a long story has much to find"""
    strange: float
    """matters named that the article does not know at all (at most 2): 抚养费 asked of divorce"""
    unmeant: float
    """information of concepts found nowhere in the article, in the rarest kind (at most 2); persons are no such"""
    unsaid: float
    """the same of words that belong to no concept (at most 4); a story is full of them"""
    tells: float
    """the lead of its best passage over that of an article it rests on, or that rests on it; 0 without one near"""
    beside: float
    """a word the article lacks stands right beside one it is named by: 国际 before 驾驶证; how much that word tells"""

    def is_whole(self) -> bool:
        """Whether all that was said stands in the heads, and all of a known question was said."""
        return self.in_head > _ALL and self.named > _ALL and not self.strange

    def near(self) -> tuple[float, ...]:
        """What orders the articles found."""
        return (self.score, self.in_head, self.in_text, self.likeness, self.covered, self.named, self.tells)


@dataclass(frozen=True, slots=True)
class Passage:
    """What would be read out: how much it says of what was asked, 0 to 1, and whether it is asked for an amount and
    has none."""

    says: float
    unfit: float


@dataclass(frozen=True, slots=True)
class Manner:
    """How a question is put, whatever it asks."""

    asks: float
    grieves: float

    @classmethod
    def of(cls, question: str) -> Manner:
        return cls(float(asks(question)), float(grieves(question)))


def judged_by(evidence: Evidence, passage: Passage, gap: float, manner: Manner) -> tuple[float, ...]:
    """What tells whether an article answers; ``gap`` is its lead over the best other article."""
    return (
        evidence.in_head,
        evidence.in_text,
        evidence.named,
        evidence.found,
        evidence.likeness,
        evidence.beside,
        evidence.strange,
        evidence.unmeant,
        evidence.unsaid,
        passage.says,
        passage.unfit,
        max(-_GAP, min(gap, _GAP)),
        manner.asks,
        manner.grieves,
    )


ORDERED_BY, JUDGED_BY = 7, 14
"""How many numbers ``Evidence.near`` and ``judged_by`` have."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted weights, and how often answers given from a confidence upwards were right.

    ``curve`` rises: pairs of a confidence and the precision that may be relied on (a lower bound, not the mean) when
    every answer at least that confident is given.
    """

    order: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    curve: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        sizes = (len(self.order), len(self.weights))
        if sizes != (ORDERED_BY, JUDGED_BY):
            raise ValueError(
                f"a calibration of {sizes} weights; {(ORDERED_BY, JUDGED_BY)} are weighed: fit it again"
            )

    def rank(self, evidence: Evidence) -> float:
        """Higher is likelier; compares within one question only."""
        return _dot(self.order, evidence.near())

    def confidence(self, evidence: Evidence, passage: Passage, gap: float, manner: Manner) -> float:
        """The estimated probability that the article answers the question."""
        seen = judged_by(evidence, passage, gap, manner)
        return 1 / (1 + math.exp(-self.bias - _dot(self.weights, seen)))

    def threshold_for(self, precision: float) -> float:
        """The lowest confidence to answer from. A precision that was never reached leaves only questions known word
        for word (1.0)."""
        return min((confidence for confidence, reached in self.curve if reached >= precision), default=1.0)

    def save(self, path: Path) -> None:
        record = {field.name: getattr(self, field.name) for field in fields(self)}
        path.write_text(json.dumps(record) + "\n", encoding="utf-8")


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@lru_cache(maxsize=1)
def shipped_calibration() -> Calibration:
    """The weights fitted on ``data/calibration``; a test fits them again and compares."""
    record = json.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))
    curve = tuple((confidence, precision) for confidence, precision in record["curve"])
    return Calibration(tuple(record["order"]), tuple(record["weights"]), record["bias"], curve)
