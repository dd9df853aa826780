"""Whatever was added, removed and replaced, and in which order: the index is the one of what remains."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.retrieval import index as index_module
from knowledge_base.retrieval import postings
from knowledge_base.retrieval.features import features
from knowledge_base.retrieval.index import ArticleIndex, Entry, Hit

WORDS = (
    "医保",
    "社保卡",
    "公交",
    "老年人",
    "补贴",
    "登记",
    "养犬",
    "燃气",
    "落户",
    "的",
    "2024",
    "第3号",
    "，",
    "\n",
)
QUESTIONS = ("老年人公交补贴", "养犬登记2024", "社保卡怎么补办", "的", "燃气", "落户登记 第3号")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map("".join)
ENTRIES = st.builds(
    Entry,
    id=st.sampled_from([f"e{number}" for number in range(9)]),
    title=TEXTS,
    body=TEXTS,
    questions=st.lists(TEXTS, max_size=2).map(tuple),
)
STEPS = st.lists(st.one_of(ENTRIES, st.lists(ENTRIES, max_size=5), st.sampled_from("012345678")), max_size=30)


@pytest.fixture(autouse=True, scope="module")
def small_segments() -> Iterator[None]:
    """Tails of three and merges of two, some postings a step: what else takes thousands of entries happens in ten."""
    with (
        patch.object(postings, "_TAIL", 3),
        patch.object(postings, "_FAN", 2),
        patch.object(postings, "_STEP", 8),
        patch.object(index_module, "_FEW", 3),
    ):
        yield


def taken(steps: list[Entry | list[Entry] | str], *, asking: bool) -> tuple[ArticleIndex, dict[str, Entry]]:
    found, present = ArticleIndex(), dict[str, Entry]()
    for step in steps:
        if isinstance(step, Entry):
            found.add(step.id, title=step.title, body=step.body, questions=step.questions)
            present[step.id] = step
        elif isinstance(step, list):
            found.add_many(step)
            present |= {entry.id: entry for entry in step}
        else:
            found.remove(f"e{step}")
            present.pop(f"e{step}", None)
        if asking:
            found.search(QUESTIONS[0])
    return found, present


def alike(one: list[Hit], other: list[Hit]) -> None:
    """The same articles in the same order; the last digits of a score depend on the order of additions."""
    assert [hit.article_id for hit in one] == [hit.article_id for hit in other]
    assert [hit.score for hit in one] == pytest.approx([hit.score for hit in other], abs=3e-6)


@given(STEPS, st.booleans())
@settings(max_examples=120, deadline=None)
def test_any_sequence_of_changes_leaves_the_index_of_what_remains(
    steps: list[Entry | list[Entry] | str], asking: bool
) -> None:
    changed, present = taken(steps, asking=asking)
    fresh = ArticleIndex()
    fresh.add_many(present.values())
    assert len(changed) == len(fresh) == len(present)
    for question in QUESTIONS:
        assert changed.first_choice(question) == fresh.first_choice(question)
        alike(changed.search(question), fresh.search(question))
    for feature in ("/医保", "≈费用", "公", "公交", "老年人", "/2024", ""):
        assert changed.telling(feature) == fresh.telling(feature)


@cache
def telling_of(frequency: int, among: int) -> float:
    """How telling a feature is that so many of so many entries have, in an index that holds nothing else."""
    index = ArticleIndex()
    index.add_many(Entry(str(number), "", "公" if number < frequency else "母") for number in range(among))
    return index.telling("公")


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_frequencies_are_counted_exactly(steps: list[Entry | list[Entry] | str]) -> None:
    changed, present = taken(steps, asking=False)
    texts = ["\n".join((entry.title, *entry.questions, entry.body)) for entry in present.values()]
    held = [features(text, (1, 2, 3)) for text in texts]
    fresh = ArticleIndex()
    most = fresh.telling("")
    for feature in {name for one in held for name in one}:
        frequency = sum(feature in one for one in held)
        assert changed.telling(feature) == telling_of(frequency, len(present)), feature
    assert changed.telling("") >= most


def test_a_thousand_random_changes_at_full_size_of_segments() -> None:
    """With the constants as they are shipped, merges included."""
    chance = random.Random(3)
    with (
        patch.object(postings, "_TAIL", 64),
        patch.object(postings, "_FAN", 8),
        patch.object(postings, "_STEP", 500),
    ):
        changed, present = ArticleIndex(), dict[str, Entry]()
        for _ in range(1500):
            name = f"e{chance.randrange(700)}"
            if chance.random() < 0.2:
                changed.remove(name)
                present.pop(name, None)
                continue
            entry = Entry(
                name, "".join(chance.choices(WORDS, k=4)), "".join(chance.choices(WORDS, k=9)), ("养犬",)
            )
            changed.add(name, title=entry.title, body=entry.body, questions=entry.questions)
            present[name] = entry
        assert len(changed._lists.segments()) < 20, "segments were merged"
        fresh = ArticleIndex()
        fresh.add_many(present.values())
        for question in QUESTIONS:
            assert changed.first_choice(question) == fresh.first_choice(question)
            alike(changed.search(question, limit=200), fresh.search(question, limit=200))


def test_removed_rows_are_waste_until_a_new_index_is_made() -> None:
    changed = ArticleIndex()
    assert changed.waste == 0
    changed.add_many(Entry(f"e{number}", "燃气", "安检") for number in range(4))
    changed.remove("e1")
    assert changed.waste == 0.25


def test_among_equals_the_order_does_not_depend_on_who_came_first() -> None:
    names = [f"n{number}" for number in range(300)]
    one, other = ArticleIndex(), ArticleIndex()
    one.add_many(Entry(name, "燃气安检", "") for name in names)
    for name in reversed(names):
        other.add(name, title="燃气安检", body="")
    alike(one.search("燃气", limit=200), other.search("燃气", limit=200))
    assert len(one.search("燃气", limit=500)) == 200
