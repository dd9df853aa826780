"""Learns what each sign weighs in the last word on danger, from models that have not seen the sentence."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from classifier.signals.danger import POSSIBLE, POSSIBLE_IN_MORE, SURE, hears_outright, hears_plainly
from classifier.signals.second_opinion import MOST_CHARACTERS, PASSAGE, Loudest
from classifier.signals.verdict import SIGNS, signs

Numbers = npt.NDArray[np.float64]
Listens = Callable[[str], Loudest]
Told = tuple[bool, bool, str]
"""Whether it is danger, whether it is a plain request of any type, and the sentence."""

_SEED = 7
_MADE_UP = 300
"""Longer messages put together per fold, with a danger in them and without."""
_PUBLIC_WEIGHT = 0.5
_BETWEEN = ("，", "。", " ")


class _Rows:
    """What was heard in every text, and what it was."""

    def __init__(self) -> None:
        self.values: list[list[float]] = []
        self.texts: list[tuple[str, str]] = []

    def add(self, group: str, text: str, listens: Listens) -> None:
        said = text[:MOST_CHARACTERS].strip()
        self.values.append(signs(said, listens(said), plainly=hears_plainly(said)))
        self.texts.append((group, said))


_DANGERS = ("danger", "story")


def learn_verdicts(
    told: Sequence[Told],
    fold: Sequence[int],
    stories: Sequence[str],
    public: Sequence[str],
    folds: Sequence[Listens],
) -> Numbers:
    """The weights of ``SIGNS`` and the bias, a row for brief messages and one for longer ones; prints what they find.

    A sentence is heard by the model of its fold. Longer messages are put together from sentences of one fold.
    """
    rows = _Rows()
    chance = random.Random(_SEED)
    for at, listens in enumerate(folds):
        held = [one for one, its in zip(told, fold, strict=True) if its == at]
        for danger, plain, text in held:
            rows.add("danger" if danger else "plain" if plain else "everyday", text, listens)
        calm = [text for danger, _, text in held if not danger]
        for _ in range(_MADE_UP):
            between = chance.choice(_BETWEEN)
            worst = chance.choice([text for danger, _, text in held if danger])
            lead, tail = (
                chance.sample(calm, chance.choice((1, 2, 2, 3))),
                chance.sample(calm, chance.choice((0, 0, 1))),
            )
            if len(story := between.join([*lead, worst, *tail])) > PASSAGE:
                rows.add("story", story, listens)
            if len(tale := between.join(chance.sample(calm, chance.choice((3, 4, 5))))) > PASSAGE:
                rows.add("everyday", tale, listens)
    for at, text in enumerate(stories):
        rows.add("story", text, folds[at % len(folds)])
    for at, text in enumerate(public):
        rows.add("public", text, folds[at % len(folds)])
    return np.array([_fit(rows, longer=longer) for longer in (False, True)])


def _fit(rows: _Rows, *, longer: bool) -> Numbers:
    kept = [at for at, (_, text) in enumerate(rows.texts) if (len(text) > PASSAGE) == longer]
    values = np.array([rows.values[at] for at in kept])
    groups = np.array([rows.texts[at][0] for at in kept])
    danger = np.isin(groups, _DANGERS)
    weights = np.where(groups == "public", _PUBLIC_WEIGHT, 1.0)
    model = LogisticRegression(C=1.0, max_iter=3000).fit(values, danger, sample_weight=weights)
    odds = model.decision_function(values)
    outright = np.array([hears_outright(rows.texts[at][1]) for at in kept])
    sys.stdout.write("longer messages\n" if longer else "a line or two\n")
    for sign, weight in zip((*SIGNS, "bias"), (*model.coef_[0], model.intercept_[0]), strict=True):
        sys.stdout.write(f"  {weight:6.2f} {sign}\n")
    for least in sorted({*np.arange(-3.5, 1.1, 0.5).tolist(), POSSIBLE, POSSIBLE_IN_MORE, SURE}):
        heard = outright | (odds >= least)
        shares = "  ".join(
            f"{group} {heard[groups == group].mean():.3f} of {(groups == group).sum()}"
            for group in sorted(set(groups.tolist()))
        )
        sys.stdout.write(f"  from {least:5.2f} on: {shares}\n")
    learned: Numbers = np.r_[model.coef_[0], model.intercept_]
    return learned
