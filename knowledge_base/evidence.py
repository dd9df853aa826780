"""How sure an answer is: what speaks for an article as the answer to a question, weighed on questions we know."""

from __future__ import annotations

import json
import math
import re
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path

from knowledge_base.aspects import asked
from knowledge_base.features import DATA

CALIBRATION_FILE = DATA / "calibration" / "evidence.json"

_ASKING = re.compile(
    r"[?？吗呢么]|怎么|怎样|如何|咋|什么|啥|哪|多少|多久|多大|多长|几|谁|是否|是不是|能不能|可不可以|有没有|要不要|用不用"
    r"|会不会|该不该|还是|需不需|用不|要不|让不让|算不算|想|打算|准备|求|有吗|给不给|行不|对不对|合法|正规|可以|能[^力够]|不$|需要|想(?:问|办|申请|要)|请问|咨询|办理"
)


_KEYWORDS = 8


def asks(question: str) -> bool:
    """Whether it is put as a question, a wish or a few keywords, not told as a grievance."""
    return len(question.strip()) <= _KEYWORDS or bool(_ASKING.search(question)) or bool(asked(question))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one article. Shares are of the question's information, 0 to 1."""

    in_head: float
    """found in the title or the known questions"""
    in_text: float
    """found anywhere in the article"""
    likeness: float
    """to the nearest of the title and the known questions"""
    margin: float
    """the lead over the next article, or the lag behind the first, as a share of the best score"""
    missing: float
    """information found nowhere in the article, in words of the rarest kind (at most 4)"""
    asks: float
    """1 for a question, 0 for a statement"""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted weights, and the confidence from which an answer is given."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def confidence(self, evidence: Evidence) -> float:
        """The estimated probability that the article answers the question."""
        total = self.bias + sum(
            weight * value for weight, value in zip(self.weights, astuple(evidence), strict=True)
        )
        return 1 / (1 + math.exp(-total))

    def save(self, path: Path) -> None:
        record = {"weights": self.weights, "bias": self.bias, "threshold": self.threshold}
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def shipped_calibration() -> Calibration:
    """The weights fitted on ``data/calibration/dev.tsv``; a test fits them again and compares."""
    record = json.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))
    return Calibration(tuple(record["weights"]), record["bias"], record["threshold"])
