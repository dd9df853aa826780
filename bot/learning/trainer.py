"""Samples → a candidate with the gate's verdict. Runs in a process of its own: it takes minutes and memory."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.learning.registry import ModelKind, NewModel
from bot.learning.samples import Sample
from classifier import gate
from classifier.gate import DEFAULT_LIMITS, Judged, Limits, Verdict
from classifier.labelled import LabelledText
from classifier.model_file import ModelFile, write_model_file
from classifier.near_duplicates import group_near_duplicates

Progress = Callable[[str, int, int], None]
Saying = tuple[str, float, bool]
"""Label, confidence, and whether the model would decide alone."""
Said = Mapping[str, Saying]
"""What a model said of tickets it had not learned, by number."""

LEAST_PER_LABEL = 4
"""A label with fewer messages cannot be learned and measured at once; it waits until it has more."""


class TooFewSamples(Exception):
    """Nothing to train on yet; the message says how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """The model at work, as the comparison sees it. ``said`` holds what it said out of sample of what it learned;
    ``classify`` is asked about everything newer than ``data_until``."""

    version: str | None
    labels: tuple[str, ...]
    classify: Callable[[Sample], Saying]
    data_until: datetime | None = None
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What training gives back: the file, and what it said of every sample while held out from it."""

    artefact: bytes
    labels: tuple[str, ...]
    card: Mapping[str, Any]
    figures: Mapping[str, Any]
    said: tuple[Saying, ...]


Learn = Callable[[Sequence[Sample], Progress], Learned]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a candidate is made and judged."""

    kind: ModelKind
    now: datetime
    created_by: str
    test_weeks: int = 8
    least_per_label: int = LEAST_PER_LABEL
    limits: Limits = DEFAULT_LIMITS


def make_candidate(
    samples: Sequence[Sample], *, learn: Learn, champion: Champion | None, plan: Plan, progress: Progress
) -> tuple[NewModel, Verdict]:
    """Train on everything known, compare on the newest weeks; raises TooFewSamples."""
    kept = _learnable(samples, plan.least_per_label)
    learned = learn(kept, progress)
    progress("compare", 0, 1)
    said = {sample.number: saying for sample, saying in zip(kept, learned.said, strict=True)}
    verdict = _compare(kept, said, learned.labels, champion, plan)
    progress("compare", 1, 1)
    window = _window(kept, plan)
    model = NewModel(
        kind=plan.kind,
        artefact=learned.artefact,
        rows=len(kept),
        labels=learned.labels,
        trained_at=plan.now,
        data_since=min(sample.at for sample in kept),
        data_until=max(sample.at for sample in kept),
        card=learned.card,
        figures=learned.figures,
        comparison={**verdict.to_json(), "champion": champion.version if champion else None},
        created_by=plan.created_by,
        said=pack_said({sample.number: said[sample.number] for sample in window}),
    )
    return model, verdict


def _learnable(samples: Sequence[Sample], least: int) -> list[Sample]:
    counts = Counter(sample.label for sample in samples)
    kept = [sample for sample in samples if counts[sample.label] >= least]
    if len({sample.label for sample in kept}) < 2:
        raise TooFewSamples(f"{len(samples)} 件，{len(counts)} 类")
    return kept


def _window(samples: Sequence[Sample], plan: Plan) -> list[Sample]:
    begins = _window_start(samples, plan)
    return [sample for sample in samples if sample.at > begins]


def _window_start(samples: Sequence[Sample], plan: Plan) -> datetime:
    """The newest weeks, counted back from the newest label."""
    return max(sample.at for sample in samples) - timedelta(weeks=plan.test_weeks)


def _compare(
    kept: Sequence[Sample],
    said: Said,
    labels: tuple[str, ...],
    champion: Champion | None,
    plan: Plan,
) -> Verdict:
    if champion is None:
        champion = Champion(version=None, labels=(), classify=lambda sample: ("", 0.0, False), said={})
    judged = []
    for sample in _unrepeated(kept, champion.data_until, plan):
        theirs = _champion_says(sample, champion)
        if theirs is None:
            continue
        mine = said[sample.number]
        judged.append(
            Judged(sample.label, *theirs, *mine, week=_week(sample, champion.data_until, kept, plan))
        )
    return gate.judge(judged, champion_labels=champion.labels, challenger_labels=labels, limits=plan.limits)


def _unrepeated(kept: Sequence[Sample], learned_until: datetime | None, plan: Plan) -> list[Sample]:
    """The newest weeks' confirmed messages, one of each group of near-duplicates, and none that the champion
    learned a copy of: a hundred copies are one piece of evidence, and a copy learned is no test. The challenger
    was never asked about a message while it knew a copy."""
    groups = group_near_duplicates([sample.text for sample in kept]).tolist()
    known = {
        group
        for group, sample in zip(groups, kept, strict=True)
        if learned_until is not None and sample.at <= learned_until
    }
    begins = _window_start(kept, plan)
    found: dict[int, Sample] = {}
    for group, sample in sorted(zip(groups, kept, strict=True), key=lambda each: each[1].at):
        repeated = group in known and (learned_until is None or sample.at > learned_until)
        if sample.confirmed and sample.at > begins and not repeated:
            found.setdefault(group, sample)
    return list(found.values())


def _champion_says(sample: Sample, champion: Champion) -> Saying | None:
    """None for a message the champion learned and left no honest word about. A ticket it learned may have a younger
    label since: what it said out of sample still is the only honest word."""
    if sample.number in champion.said:
        return champion.said[sample.number]
    if champion.data_until is not None and sample.at <= champion.data_until:
        return None
    return champion.classify(sample)


def _week(sample: Sample, learned_until: datetime | None, kept: Sequence[Sample], plan: Plan) -> int | None:
    """Which of the weeks the champion has not learned, 0 the first; None for what it has."""
    start = _window_start(kept, plan)
    begins = max(start, learned_until) if learned_until else start
    return None if sample.at <= begins else (sample.at - begins) // timedelta(weeks=1)


# ---- what was said, kept beside the model


def pack_said(said: Said) -> bytes:
    """Small and free of text: ticket numbers, labels and confidences."""
    plain = {
        number: [label, round(confidence, 4), decides]
        for number, (label, confidence, decides) in said.items()
    }
    return gzip.compress(json.dumps(plain, ensure_ascii=False).encode(), mtime=0)


def unpack_said(packed: bytes) -> dict[str, Saying]:
    if not packed:
        return {}
    plain = json.loads(gzip.decompress(packed))
    return {
        number: (str(label), float(confidence), bool(decides))
        for number, (label, confidence, decides) in plain.items()
    }


# ---- topics


def learn_topics(samples: Sequence[Sample], progress: Progress, *, now: datetime, name: str) -> Learned:
    """The topic classifier, as ``huiyin train`` makes it."""
    # scikit-learn takes a second and 100 MB to import: only the process that trains pays for it.
    from classifier import training

    # What counts twice is there twice; near-duplicates stay on one side of every split, so no copy tests the other.
    copies = [at for at, sample in enumerate(samples) for _ in range(max(1, round(sample.weight)))]
    rows = [LabelledText(samples[at].text, samples[at].label) for at in copies]
    try:
        trained = training.train(
            rows, now=now, name=name, data="tickets of this installation, redacted", progress=progress
        )
    except training.NotEnoughData as problem:
        raise TooFewSamples(f"{len(samples)} 件，去掉重复后不足") from problem
    limits = dict(zip(trained.model.labels, trained.model.thresholds, strict=False))
    said = {
        at: (told.ranked[0], told.confidence, told.confidence >= limits.get(told.ranked[0], 1.0))
        for at, told in zip(copies, trained.cross.predictions, strict=True)
    }
    return Learned(
        artefact=_file_bytes(trained.model),
        labels=trained.model.labels,
        card=trained.model.card.to_json(),
        figures=trained.figures.to_json(),
        said=tuple(said[at] for at in range(len(samples))),
    )


def _file_bytes(model: ModelFile) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        write_model_file(path, model)
        return path.read_bytes()
