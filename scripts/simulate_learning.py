"""The learning loop on a stream of real letters, week by week, through the registry and the gate that ship.

Each letter is routed by the model that is live on its day: automatically when the model is sure, else by a person.
Either way the unit that answered becomes its label, and every other week a new model is trained, compared and let
live by the gate alone. In one week the labels of one class are all wrong. Writes the figures into docs/learning.md,
between its two marks, and two pictures beside it; prints all of them as JSON.
Usage: simulate_learning.py LETTERS.jsonl.gz [--every WEEKS] [--docs DIR]
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from bot.embedded import EmbeddedStores
from bot.learning.registry import ModelKind, ModelRegistry
from bot.learning.reloading import read_text_model
from bot.learning.samples import Quarantine, Sample, without
from bot.learning.trainer import Plan, TooFewSamples, learn_topics, make_candidate
from bot.learning.training_run import champion_of, settle
from bot.settings import ModelApproval
from classifier.model import TextModel

sys.path.insert(0, str(Path(__file__).parent))
from svg_plots import Line, Mark, write_chart

KIND = ModelKind.TOPICS
LEAST_NEW = 50
POISONED_FROM = datetime(2023, 10, 16, tzinfo=UTC)
POISONED_LABEL, POISONED_AS = "教育", "卫生健康"
PARTS = ("first quarter", "second quarter", "third quarter", "last quarter")
BEGIN_MARK, END_MARK = "<!-- simulation -->", "<!-- end of simulation -->"


@dataclass(slots=True)
class Week:
    """What happened in one week."""

    begins: datetime
    letters: int = 0
    automatic: int = 0
    right: int = 0
    best_guess_right: int = 0
    model: str | None = None
    training: str = ""


@dataclass(slots=True)
class Stream:
    """The run so far."""

    registry: ModelRegistry
    now: datetime
    learned: list[Sample] = field(default_factory=list)
    quarantines: list[Quarantine] = field(default_factory=list)
    weeks: list[Week] = field(default_factory=list)
    trainings: list[dict[str, Any]] = field(default_factory=list)
    live: tuple[str, TextModel] | None = None


def read_letters(path: Path) -> list[Sample]:
    """The letters in the order they were sent, the district of their form in front, as an operator would write it. A
    letter's label is known a week later at the latest."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    letters = [
        Sample(
            number=f"L{number:05d}",
            text=f"{row['district']}{row['text']}",
            label=row["function"],
            at=datetime.fromisoformat(row["sent"]).replace(hour=4, tzinfo=UTC),
            place=row["district"],
        )
        for number, row in enumerate(rows)
    ]
    return sorted(letters, key=lambda letter: (letter.at, letter.number))


def by_week(letters: Sequence[Sample]) -> list[tuple[datetime, list[Sample]]]:
    first = letters[0].at - timedelta(days=letters[0].at.weekday(), hours=letters[0].at.hour)
    weeks: dict[datetime, list[Sample]] = {}
    for letter in letters:
        begins = first + timedelta(weeks=(letter.at - first) // timedelta(weeks=1))
        weeks.setdefault(begins, []).append(letter)
    return sorted(weeks.items())


def route(stream: Stream, begins: datetime, letters: Sequence[Sample]) -> Week:
    """One week of work with the model that is live."""
    week = Week(begins, letters=len(letters), model=stream.live[0] if stream.live else None)
    if stream.live:
        for letter in letters:
            said = stream.live[1].classify(letter.text)
            week.best_guess_right += said.label == letter.label
            week.automatic += not said.abstained
            week.right += not said.abstained and said.label == letter.label
    return week


def poisoned(begins: datetime, letters: Sequence[Sample]) -> list[Sample]:
    """The week's labels as they came in: in the poisoned week every one of a class is wrong."""
    if begins != POISONED_FROM:
        return list(letters)
    return [
        replace(letter, label=POISONED_AS) if letter.label == POISONED_LABEL else letter for letter in letters
    ]


async def train(stream: Stream) -> str:
    """One training as the nightly job does it, approved by the gate alone."""
    samples = without(stream.learned, stream.quarantines)
    champion = await champion_of(stream.registry, KIND, shipped=None)
    known = champion.data_until if champion else None
    if sum(known is None or sample.at > known for sample in samples) < LEAST_NEW:
        return "too few new"
    started = time.perf_counter()
    try:
        made, verdict = make_candidate(
            samples,
            learn=partial(learn_topics, now=stream.now, name="functions"),
            champion=champion,
            plan=Plan(kind=KIND, now=stream.now, created_by="simulation"),
            progress=lambda stage, done, total: None,
        )
    except TooFewSamples:
        return "too few"
    model = await stream.registry.add(made)
    outcome = await settle(stream.registry, model, verdict, approval=ModelApproval.AUTOMATIC, now=stream.now)
    stream.trainings.append(
        {
            "at": f"{stream.now:%Y-%m-%d}",
            "version": model.version,
            "rows": model.rows,
            "passed": verdict.passed,
            "compared_on": verdict.rows,
            "overall": verdict.overall,
            "refusals": [
                {
                    "rule": each.rule.value,
                    "label": each.label,
                    "before": each.before,
                    "after": each.after,
                    "p": each.p,
                }
                for each in verdict.refusals
            ],
            "seconds": round(time.perf_counter() - started, 1),
        }
    )
    await follow(stream)
    return outcome.said


async def follow(stream: Stream) -> None:
    """What every process does after a switch."""
    version = await stream.registry.live_version(KIND)
    if version is None:
        stream.live = None
    elif stream.live is None or stream.live[0] != version:
        stream.live = version, read_text_model(await stream.registry.load(KIND, version))


async def simulate(
    registry: ModelRegistry, letters: Sequence[Sample], *, every: int
) -> tuple[Stream, dict[str, Any]]:
    stream = Stream(registry, now=letters[0].at)
    poison: dict[str, Any] = {}
    for number, (begins, week_letters) in enumerate(by_week(letters)):
        stream.now = begins + timedelta(weeks=1)
        week = route(stream, begins, week_letters)
        stream.weeks.append(week)
        stream.learned += poisoned(begins, week_letters)
        if begins == POISONED_FROM or number % every == every - 1:
            week.training = await train(stream)
        if begins == POISONED_FROM:
            poison = stream.trainings[-1] if stream.trainings else {}
            # A person looks at the refusal, sets the span aside, and the letters come back rightly labelled.
            span = Quarantine(
                since=begins,
                until=begins + timedelta(weeks=1),
                label=POISONED_AS,
                who="simulation",
                why="mislabelled week",
                at=stream.now,
            )
            stream.quarantines.append(span)
        _say(f"{begins:%Y-%m-%d} {week.letters:4d} letters, {week.automatic:3d} automatic, {week.training}")
    return stream, poison


async def roll_back(stream: Stream) -> dict[str, Any]:
    """The one command, and what is live before and after it."""
    before = await stream.registry.live_version(KIND)
    switch = await stream.registry.roll_back(KIND, who="simulation", why="drill", now=stream.now)
    await follow(stream)
    return {"from": before, "to": switch.to_version, "switches": len(await stream.registry.history(KIND))}


def figures(stream: Stream, poison: dict[str, Any], rolled: dict[str, Any]) -> dict[str, Any]:
    parts = _quarters(stream.weeks)
    return {
        "weeks": [
            {
                "begins": f"{week.begins:%Y-%m-%d}",
                "letters": week.letters,
                "automatic": week.automatic,
                "right": week.right,
                "best_guess_right": week.best_guess_right,
                "model": week.model,
            }
            for week in stream.weeks
        ],
        "trainings": stream.trainings,
        "poisoned": poison,
        "roll_back": rolled,
        "parts": [
            {
                "letters": sum(week.letters for week in part),
                "automatic": sum(week.automatic for week in part),
                "right": sum(week.right for week in part),
                "share": _share(sum(w.automatic for w in part), sum(w.letters for w in part)),
                "precision": _share(sum(w.right for w in part), sum(w.automatic for w in part)),
            }
            for part in parts
        ],
        "total": {
            "automatic": sum(week.automatic for week in stream.weeks),
            "right": sum(week.right for week in stream.weeks),
            "share": _share(sum(w.automatic for w in stream.weeks), sum(w.letters for w in stream.weeks)),
            "precision": _share(sum(w.right for w in stream.weeks), sum(w.automatic for w in stream.weeks)),
        },
    }


def _quarters(weeks: Sequence[Week]) -> list[list[Week]]:
    """Four stretches of about as many letters each: letters come in waves."""
    total, seen = sum(week.letters for week in weeks), 0
    parts: list[list[Week]] = [[], [], [], []]
    for week in weeks:
        parts[min(3, 4 * seen // total)].append(week)
        seen += week.letters
    return parts


def draw(stream: Stream, docs: Path, rolled: dict[str, Any]) -> None:
    labels = [f"{week.begins:%m-%d}" for week in stream.weeks]
    marks = [Mark(at, "wrong labels") for at, week in enumerate(stream.weeks) if week.begins == POISONED_FROM]
    write_chart(
        docs / "img" / "learning-share.svg",
        title="Letters dispatched without a person, by week",
        x_labels=labels,
        lines=[
            Line("this week", [_share(w.automatic, w.letters) for w in stream.weeks], dashed=True),
            Line(
                "four weeks", [_over(stream.weeks, at, "automatic", "letters") for at in range(len(labels))]
            ),
        ],
        marks=marks,
        high=0.6,
    )
    write_chart(
        docs / "img" / "learning-precision.svg",
        title="Of these, rightly dispatched",
        x_labels=labels,
        lines=[
            Line(
                "eight weeks", [_over(stream.weeks, at, "right", "automatic", 8) for at in range(len(labels))]
            ),
            Line("target", [0.95] * len(labels), dashed=True),
        ],
        marks=marks,
        low=0.8,
    )


def _over(weeks: Sequence[Week], at: int, part: str, whole: str, span: int = 4) -> float | None:
    taken = weeks[max(0, at - span + 1) : at + 1]
    total = sum(getattr(week, whole) for week in taken)
    return _share(sum(getattr(week, part) for week in taken), total) if total >= 20 else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def write_report(page: Path, found: dict[str, Any], *, every: int) -> None:
    """The figures, between the page's marks."""
    poison, rolled, total = found["poisoned"], found["roll_back"], found["total"]
    refused = [each for each in found["trainings"] if not each["passed"]]
    lines = [
        f"{len(found['weeks'])} weeks, {sum(week['letters'] for week in found['weeks'])} letters, a training every "
        f"{every} weeks ({len(found['trainings'])} in all, {found['seconds']} s together).",
        "",
        "| part of the stream | letters | dispatched by machine | share | right |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {part['letters']} | {part['automatic']} | {_percent(part['share'])} "
            f"| {_percent(part['precision'])} |"
            for name, part in zip(PARTS, found["parts"], strict=True)
        ),
        f"| all | {sum(week['letters'] for week in found['weeks'])} | {total['automatic']} | "
        f"{_percent(total['share'])} | {_percent(total['precision'])} |",
        "",
        f"**The poisoned week** ({POISONED_FROM:%d %B %Y}: every letter of {POISONED_LABEL} came in as {POISONED_AS}). "
        + (
            "The gate refused the model trained on it:"
            if not poison["passed"]
            else "The gate let it through:"
        ),
        "",
        *(_refusal_line(each) for each in poison["refusals"]),
        "",
        f"Other trainings refused: {len(refused) - (not poison['passed'])} of {len(found['trainings']) - 1}.",
        *(
            f"{each['at']}: "
            + "; ".join(
                f"`{r['rule']}` {r['label'] or ''} {r['before']:.3f} → {r['after']:.3f}"
                for r in each["refusals"]
            )
            + "."
            for each in refused
            if each is not poison
        ),
        "",
        f"**One command back**: `huiyin model rollback` put {rolled['to'] or 'the shipped model'} in the place of "
        f"{rolled['from']}; the history has {rolled['switches']} switches, the roll-back being the last.",
    ]
    before, rest = page.read_text(encoding="utf-8").split(BEGIN_MARK)
    after = rest.split(END_MARK)[1]
    body = "\n".join(lines)
    page.write_text(f"{before}{BEGIN_MARK}\n{body}\n{END_MARK}{after}", encoding="utf-8")


def _refusal_line(each: dict[str, Any]) -> str:
    chance = "" if each["p"] is None else f", chance {max(each['p'], 1e-6):.1g} or less"
    name = f"`{each['rule']}` {each['label'] or ''}".strip()
    return f"- {name}: {each['before']:.1%} → {each['after']:.1%}{chance}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


async def _run(mongo_url: str, letters: Sequence[Sample], every: int, docs: Path) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
    registry = ModelRegistry(client["simulation"])
    await registry.prepare()
    started = time.perf_counter()
    stream, poison = await simulate(registry, letters, every=every)
    rolled = await roll_back(stream)
    found = {**figures(stream, poison, rolled), "seconds": round(time.perf_counter() - started)}
    client.close()
    draw(stream, docs, rolled)
    write_report(docs / "learning.md", found, every=every)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("letters", type=Path)
    options.add_argument("--every", type=int, default=3, help="weeks between trainings")
    options.add_argument("--docs", type=Path, default=Path("docs"))
    chosen = options.parse_args()
    letters = read_letters(chosen.letters)
    with tempfile.TemporaryDirectory() as folder, EmbeddedStores(Path(folder), redis=False) as stores:
        asyncio.run(_run(stores.mongo_url, letters, chosen.every, chosen.docs))


if __name__ == "__main__":
    main()
