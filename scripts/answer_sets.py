"""The public questions with their answers, cut into libraries of a few hundred to a thousand entries, for training and
for measuring, and the demo library with its questions. Near-duplicates of a question lie in one part, of documents
likewise."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.near_duplicates import group_near_duplicates
from knowledge_base.answering.calibration import DEV_QUESTIONS, read_judged
from knowledge_base.library import load_demo_articles
from knowledge_base.retrieval.reading import Entry

_TITLE = re.compile(r".{8,60}?(?=[ 。!！?？\n])")
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PARTS = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the entries that answer it, mostly one; ``part`` says which of ``PARTS`` it belongs to."""

    question: str
    right: frozenset[str]
    part: int


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """A public set. ``parts`` are the part of each entry, None where every part is asked of the whole library."""

    name: str
    entries: tuple[Entry, ...]
    asked: tuple[Asked, ...]
    parts: tuple[int, ...] | None

    def library(self, part: int | None) -> tuple[Entry, ...]:
        """The entries of one part; of all for None."""
        if part is None or self.parts is None:
            return self.entries
        return tuple(one for one, of in zip(self.entries, self.parts, strict=True) if of == part)

    def questions(self, part: int | None, most: int | None = None) -> list[Asked]:
        """What is asked of that part, at most so many, always the same."""
        found = [one for one in self.asked if part is None or one.part == part]
        return found if most is None or len(found) <= most else random.Random(part).sample(found, most)


def rows(name: str, data: Path) -> list[dict[str, str]]:
    """The rows of one public file."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read_sets(data: Path) -> tuple[AnswerSet, ...]:
    """Letters, replies, policies and question pairs. Raises ``FileNotFoundError`` where one is missing."""
    return (letters(data), replies(data), policies(data), pairs(data))


def demo() -> AnswerSet:
    """The development questions on the demo library, the only one with titles, known questions and fields."""
    articles = load_demo_articles()
    judged = [one for one in read_judged(*DEV_QUESTIONS) if one.articles]
    asked = [Asked(one.question, one.articles, at % PARTS) for at, one in enumerate(judged)]
    entries = [
        Entry(one.id, one.title, f"{one.document_number or ''}\n{one.text()}", one.questions)
        for one in articles
    ]
    return AnswerSet("demo", tuple(entries), tuple(asked), None)


def titled(policy: AnswerSet) -> AnswerSet:
    """The same documents with what they begin with as their title, too."""
    entries = [replace(one, title=_beginning(one.body)) for one in policy.entries]
    return replace(policy, name=f"{policy.name} titled", entries=tuple(entries))


def _beginning(text: str) -> str:
    found = _TITLE.match(text)
    return found.group() if found else text[:20]


def letters(data: Path) -> AnswerSet:
    """A citizen's letter, to be matched with the reply it got."""
    found = rows("letters", data)
    return _matched("letters", [(row["text"], row["reply"]) for row in found])


def replies(data: Path) -> AnswerSet:
    """A message to another city's mayor, to be matched with its reply."""
    found = rows("replies", data)
    return _matched("replies", [(f"{row['topic']}\n{row['detail']}", row["reply"]) for row in found])


def other_city(data: Path) -> AnswerSet:
    """Letters of a city that nothing was learned from, to be matched with their replies."""
    found = rows("letters_other_city", data)
    return replace(
        _matched("letters, other city", [(row["text"], row["reply"]) for row in found]), parts=None
    )


def policies(data: Path) -> AnswerSet:
    """A question on a policy, to be matched with the document."""
    documents = rows("policy_docs", data)
    parts = _parts([row["text"] for row in documents])
    part_of = {row["docid"]: part for row, part in zip(documents, parts, strict=True)}
    asked = [
        Asked(row["question"], frozenset({row["docid"]}), part_of[row["docid"]])
        for row in rows("policy_questions", data)
        if row["docid"] in part_of
    ]
    entries = [Entry(row["docid"], "", row["text"]) for row in documents]
    return AnswerSet("policy", tuple(entries), tuple(asked), tuple(parts))


def pairs(data: Path) -> AnswerSet:
    """A question, to be matched with the same one in other words, among all the others of the corpus. A question that
    stands among the entries word for word is not asked: it would find itself."""
    found = rows("pairs_lcqmc", data)
    same = [row for row in found if int(row["same"]) == 1]
    asking = {row["q1"] for row in same}
    texts = dict.fromkeys(row["q2"] for row in found)
    texts |= dict.fromkeys(row["q1"] for row in found if row["q1"] not in asking)
    ids = {text: f"p{at}" for at, text in enumerate(texts)}
    wanted = [row for row in same if row["q1"] not in ids]
    texts_asked: list[int | str] = [row["q1"] for row in wanted]
    parts = _balanced(texts_asked)
    asked = [
        Asked(row["q1"], frozenset({ids[row["q2"]]}), part) for row, part in zip(wanted, parts, strict=True)
    ]
    entries = [Entry(entry_id, text, "") for text, entry_id in ids.items()]
    return AnswerSet("pairs", tuple(entries), tuple(asked), None)


def _matched(name: str, found: Sequence[tuple[str, str]]) -> AnswerSet:
    parts = _parts([question for question, _ in found])
    asked = [Asked(question, frozenset({f"{name}{at}"}), parts[at]) for at, (question, _) in enumerate(found)]
    entries = [Entry(f"{name}{at}", "", reply) for at, (_, reply) in enumerate(found)]
    return AnswerSet(name, tuple(entries), tuple(asked), tuple(parts))


def _parts(texts: Sequence[str]) -> list[int]:
    groups: list[int | str] = [int(group) for group in group_near_duplicates(texts)]
    return _balanced(groups)


def _balanced(groups: Sequence[int | str]) -> list[int]:
    """Parts of equal size, each group whole in one."""
    size = Counter(groups)
    order = sorted(size, key=str)
    random.Random(1).shuffle(order)
    load: list[int] = [0] * PARTS
    part: dict[int | str, int] = {}
    for group in order:
        part[group] = min(range(PARTS), key=load.__getitem__)
        load[part[group]] += size[group]
    return [part[group] for group in groups]
