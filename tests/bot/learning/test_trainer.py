"""The comparison of a new model with the live one: each is asked only about what it has not learned."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from bot.learning.registry import ModelKind
from bot.learning.samples import Sample
from bot.learning.trainer import Champion, Learned, Plan, Progress, Saying, make_candidate
from tests.factories import MONDAY_9_30

_LABELS = ("噪声", "供水")


def _samples(count: int) -> list[Sample]:
    """Texts that have nothing in common, so that none is the near-duplicate of another."""
    letters = random.Random(1)
    return [
        Sample(
            number=f"HY{n}",
            text="".join(chr(letters.randrange(0x4E00, 0x9FA5)) for _ in range(30)),
            label=_LABELS[n % len(_LABELS)],
            at=MONDAY_9_30 - timedelta(hours=n),
        )
        for n in range(count)
    ]


def _learn(samples: Sequence[Sample], progress: Progress) -> Learned:
    said = tuple((sample.label, 0.9, True) for sample in samples)
    return Learned(artefact=b"model", labels=_LABELS, card={}, figures={}, said=said)


def test_a_ticket_the_live_model_learned_early_and_that_was_answered_since_is_no_test_of_it() -> None:
    """Its newest fact is younger than the model, but its words are not new to it."""
    until, samples = MONDAY_9_30 - timedelta(weeks=1), _samples(40)
    wrong: Saying = ("猜错", 0.5, False)
    asked: list[str] = []

    def classify(sample: Sample) -> Saying:
        asked.append(sample.number)
        return sample.label, 1.0, True  # it has learned them by heart

    learned_early = {sample.number: wrong for sample in samples[::2]}
    champion = Champion(version="v", labels=_LABELS, classify=classify, data_until=until, said=learned_early)
    plan = Plan(kind=ModelKind.TOPICS, now=MONDAY_9_30, created_by="测试")
    _, verdict = make_candidate(
        samples, learn=_learn, champion=champion, plan=plan, progress=lambda stage, done, total: None
    )
    assert verdict.rows >= 30
    assert not set(asked) & set(learned_early)
    assert verdict.overall["champion"] < 0.8
