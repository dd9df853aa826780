"""Print how well duplicates and hot spots are found in public messages, beside a cosine of jieba TF-IDF.

    python scripts/measure_duplicates.py [--data FOLDER] [--judged FILE] [--warned FILE] [--json]

Pairs: in every set (``recent_messages``, ``letters``, ``topic7``) near-duplicates by ``classifier.near_duplicates`` are
true pairs anybody can count again: the same text re-sent or lightly edited. For each message that has one, the nearest
messages are asked for, and every pair of the union of both methods is scored. Beside them pairs judged by hand: those of
``tests/routing/data/judged_duplicates.csv`` (row numbers, the beginnings of the rows' SHA-256, how many pairs of its
stratum one stands for, 1 for one matter), or of ``--judged`` (JSON Lines of ``set``, ``i``, ``j``, ``w``, ``y``). A pair
whose rows are not the ones judged is left out and said.
Hot spots: the messages are taken in as they came; ours and single-pass clusters of the baseline are asked after each.
One configuration for all sets. Without the data it says so and ends with 0.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jieba
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score, precision_recall_curve

from classifier.near_duplicates import group_near_duplicates
from routing.places.gazetteer import Gazetteer
from routing.places.place import Place, PlaceLevel
from routing.resemblance.duplicate_index import DuplicateIndex, Near, Reported, places_apart
from routing.resemblance.duplicates import LIKELY, POSSIBLE, place_id_of
from routing.resemblance.hotspots import JOINS, RECENT, Level, Link, Matters, Report
from routing.resemblance.likeness import Commonness, Sketch, chance_of_one_matter, likeness, sketch
from routing.timing.working_calendar import CHINA

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
KEPT = Path(__file__).resolve().parents[1] / "tests" / "routing" / "data" / "judged_duplicates.csv"
SETS = ("recent_messages", "letters", "topic7")
NEAREST = 20
BASELINE_LINK, BASELINE_COUNT, BASELINE_DAYS = 0.3, 3, timedelta(days=28)
"""The baseline's cluster: the nearest message of four weeks from this cosine on; it warns of the third in a week."""

_TIME = re.compile(r"(\d+)[-/](\d+)[-/](\d+)(?: (\d+):(\d+):(\d+))?")
_CODE_NAME = re.compile(r"[A-Z]\d*[市区县]")
_CITYWIDE = "市级"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Message:
    """One row of a set. ``at`` is None where the set tells no time."""

    row: int
    text: str
    at: datetime | None
    place: str | None


def read(path: Path, name: str) -> list[Message]:
    """The rows of one set, a title's line before the text."""
    with gzip.open(path / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    found = []
    for at, row in enumerate(rows):
        text = f"{row['topic']}\n{row['detail']}" if "topic" in row else row["text"]
        place = row.get("district")
        sent = row.get("time") or row.get("sent")
        found.append(
            Message(at, text, _moment(sent) if sent else None, None if place == _CITYWIDE else place)
        )
    return found


def _moment(written: str) -> datetime:
    """A date without a time counts as received at 09:00."""
    match = _TIME.match(written)
    assert match is not None, written
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    if not (hour or minute or second):
        hour = 9
    return datetime(year, month, day, hour, minute, second, tzinfo=CHINA).astimezone(UTC)


def gazetteer_of(messages: Sequence[Message]) -> Gazetteer:
    """The table an installation of that city would have: the districts given, or the code names the contest hid them
    behind (A3区 lies in A市)."""
    names = {each.place for each in messages if each.place}
    if not names:
        names = {found for each in messages for found in _CODE_NAME.findall(each.text)}
    cities = {name for name in names if not re.search(r"\d", name) and name.endswith("市")}
    places = []
    for name in sorted(names):
        city = f"{name[0]}市" if name not in cities and f"{name[0]}市" in cities else None
        level = PlaceLevel.CITY if name in cities else PlaceLevel.COUNTY
        places.append(Place(name, name, level, city, ()))
    return Gazetteer(places)


class Ours:
    """What ships, over one whole set."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.gazetteer = gazetteer_of(messages)
        self.messages = messages
        self.sketches = [sketch(each.text) for each in messages]
        self.places = [place_id_of(self.gazetteer, each.place, each.text) for each in messages]
        self.commonness = Commonness()
        for one in self.sketches:
            self.commonness.count(one.keys)

    def scores(self, pairs: Sequence[tuple[int, int]]) -> Floats:
        """The chance of each pair."""
        found = []
        for i, j in pairs:
            other: Sketch = self.sketches[j]
            owners = np.zeros(other.keys.size, np.int32)
            alike = likeness(self.sketches[i], other, owners, 1, self.commonness)
            found.append(float(self._chance(i, j, alike)[0]))
        return np.array(found)

    def _chance(self, i: int, j: int, alike: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        one, other = self.places[i], self.places[j]
        apart = one is not None and other is not None and places_apart(self.gazetteer, one, other)
        first, second = self.messages[i].at, self.messages[j].at
        # A set without times: as far apart as two messages of one season.
        days = abs((first - second) / timedelta(days=1)) if first and second else 60.0
        return chance_of_one_matter(
            alike,
            apart=np.array([apart]),
            days=np.array([days], np.float32),
            same_caller=np.zeros(1, np.bool_),
        )

    def nearest(self, rows: Sequence[int]) -> list[tuple[int, int]]:
        """Pairs of each row with its nearest, through the index as it serves."""
        index = DuplicateIndex(commonness=Commonness())
        epoch = datetime(2020, 1, 1, tzinfo=UTC)
        index.put_all(
            Reported(number=str(at), text=each.text, received_at=each.at or epoch, place_id=self.places[at])
            for at, each in enumerate(self.messages)
        )
        pairs = []
        for row in rows:
            near = index.find(
                self.sketches[row],
                at=self.messages[row].at or epoch,
                place_id=self.places[row],
                gazetteer=self.gazetteer,
                limit=NEAREST,
                without=str(row),
            )
            pairs += [(row, int(each.number)) for each in near]
        return pairs


class Baseline:
    """What anybody would try first: the cosine of TF-IDF over jieba's words."""

    def __init__(self, messages: Sequence[Message]) -> None:
        vectorizer = TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, sublinear_tf=True)
        self.matrix: sparse.csr_matrix = vectorizer.fit_transform([each.text for each in messages]).tocsr()

    def scores(self, pairs: Sequence[tuple[int, int]]) -> Floats:
        one, other = np.array(pairs).T
        product = self.matrix[one].multiply(self.matrix[other])
        return np.asarray(product.sum(axis=1)).ravel()

    def nearest(self, rows: Sequence[int]) -> list[tuple[int, int]]:
        pairs = []
        for row in rows:
            scores = np.asarray((self.matrix[row] @ self.matrix.T).todense()).ravel()
            scores[row] = -1
            pairs += [(row, int(at)) for at in np.argpartition(-scores, NEAREST)[:NEAREST]]
        return pairs


def pair_figures(truth: Floats, scores: Floats, weights: Floats | None = None) -> dict[str, float]:
    """Average precision, and recall where precision is 0.9."""
    precision, recall, _ = precision_recall_curve(truth, scores, sample_weight=weights)
    held = recall[precision >= 0.9]
    return {
        "average_precision": round(float(average_precision_score(truth, scores, sample_weight=weights)), 4),
        "recall_at_precision_0.9": round(float(held.max()) if held.size else 0.0, 4),
    }


def at_threshold(truth: Floats, scores: Floats, threshold: float, weights: Floats) -> dict[str, float]:
    """Precision and recall of what is shown from a chance on."""
    shown = scores >= threshold
    right = float((weights * truth * shown).sum())
    return {
        "precision": round(right / max(float((weights * shown).sum()), 1e-9), 4),
        "recall": round(right / max(float((weights * truth).sum()), 1e-9), 4),
    }


def measure_copies(messages: Sequence[Message], ours: Ours, baseline: Baseline) -> dict[str, Any]:
    """Re-sent and lightly edited texts, as counted by their shared five-character pieces."""
    groups = group_near_duplicates([each.text for each in messages])
    sizes = np.bincount(groups)
    rows = [at for at, group in enumerate(groups) if sizes[group] > 1]
    mine = {(min(pair), max(pair)) for pair in ours.nearest(rows)}
    union = sorted(mine | {(min(pair), max(pair)) for pair in baseline.nearest(rows)})
    truth = np.array([groups[i] == groups[j] for i, j in union], float)
    same = {(i, j) for (i, j), true in zip(union, truth, strict=True) if true}
    return {
        "messages_with_a_copy": len(rows),
        "pairs": len(union),
        "true": int(truth.sum()),
        "ours": pair_figures(truth, ours.scores(union)),
        "baseline": pair_figures(truth, baseline.scores(union)),
        "found_among_nearest": round(len(same & mine) / max(len(same), 1), 4),
    }


def measure_judged(judged: Sequence[dict[str, Any]], ours: Ours, baseline: Baseline) -> dict[str, Any]:
    """Pairs judged by hand, each standing for its stratum."""
    pairs = [(each["i"], each["j"]) for each in judged]
    truth = np.array([each["y"] for each in judged], float)
    weights = np.array([each["w"] for each in judged], float)
    mine, theirs = ours.scores(pairs), baseline.scores(pairs)
    return {
        "pairs": len(pairs),
        "true": int(truth.sum()),
        "ours": pair_figures(truth, mine),
        "baseline": pair_figures(truth, theirs),
        "ours_weighted": pair_figures(truth, mine, weights),
        "baseline_weighted": pair_figures(truth, theirs, weights),
        "likely": at_threshold(truth, mine, LIKELY, np.ones(len(pairs))),
        "possible": at_threshold(truth, mine, POSSIBLE, np.ones(len(pairs))),
        "likely_weighted": at_threshold(truth, mine, LIKELY, weights),
        "possible_weighted": at_threshold(truth, mine, POSSIBLE, weights),
    }


# ---- hot spots


@dataclass(slots=True)
class WarnedOf:
    """One cluster a method warned of: when, at which of its messages, and what it was by the end."""

    method: str
    at: datetime
    rows: list[int]
    """The messages of the last week when it warned."""
    so_far: int
    level: str
    final: list[int]


def our_warnings(messages: Sequence[Message], ours: Ours) -> list[WarnedOf]:
    """As the worker would: each message is linked to earlier ones, then its matter is held against its usual."""
    index, matters = DuplicateIndex(), Matters()
    order = _in_time(messages)
    warned: dict[str, list[WarnedOf]] = defaultdict(list)
    for row in order:
        message, number = messages[row], str(row)
        assert message.at is not None
        near: tuple[Near, ...] = index.find(
            ours.sketches[row],
            at=message.at,
            place_id=ours.places[row],
            gazetteer=ours.gazetteer,
            limit=NEAREST,
        )
        links = [Link(each.number, each.chance, each.likeness) for each in near if each.chance >= JOINS]
        matter = matters.add(Report(number=number, at=message.at, place_id=ours.places[row]), links)
        index.put_all(
            [Reported(number=number, text=message.text, received_at=message.at, place_id=ours.places[row])]
        )
        trend = next(each for each in matters.trends(message.at) if each.matter_id == matter.id)
        before = [each for key in (matter.id, *matter.merged) for each in warned.pop(key, [])]
        ranks = [each.value for each in Level]
        if trend.level and all(ranks.index(each.level) < ranks.index(trend.level) for each in before):
            recent = [int(each.number) for each in matter.reports if message.at - each.at < RECENT]
            before.append(WarnedOf("ours", message.at, recent, len(matter.reports), trend.level.value, []))
        for each in before:
            each.final = [int(report.number) for report in matter.reports]
        if before:
            warned[matter.id] = before
        matters.let_go(message.at)
    return sorted((each for found in warned.values() for each in found), key=lambda each: each.at)


def baseline_warnings(messages: Sequence[Message], baseline: Baseline) -> list[WarnedOf]:
    """Single pass: a message joins the cluster of its nearest one; the third in a week is a warning."""
    order = _in_time(messages)
    alike = baseline.matrix[order] @ baseline.matrix[order].T
    cluster_of: list[int] = []
    clusters: dict[int, list[int]] = defaultdict(list)
    warned: dict[int, WarnedOf] = {}
    oldest = 0
    times = [messages[row].at or datetime.max.replace(tzinfo=UTC) for row in order]
    for at, now in enumerate(times):
        while now - times[oldest] > BASELINE_DAYS:
            oldest += 1
        row = alike.getrow(at)
        earlier = (row.indices < at) & (row.indices >= oldest)
        scores, where = row.data[earlier], row.indices[earlier]
        nearest = int(scores.argmax()) if scores.size else -1
        joins = nearest >= 0 and scores[nearest] >= BASELINE_LINK
        cluster = cluster_of[where[nearest]] if joins else at
        cluster_of.append(cluster)
        clusters[cluster].append(at)
        recent = [order[each] for each in clusters[cluster] if now - times[each] < RECENT]
        if len(recent) >= BASELINE_COUNT and cluster not in warned:
            warned[cluster] = WarnedOf("baseline", now, recent, len(clusters[cluster]), "", [])
    for cluster, found in warned.items():
        found.final = [order[each] for each in clusters[cluster]]
    return sorted(warned.values(), key=lambda each: each.at)


def _in_time(messages: Sequence[Message]) -> list[int]:
    """Rows in the order received, without the few that lie far before the rest."""
    timed = sorted((each.at, each.row) for each in messages if each.at)
    first = timed[len(timed) // 100][0] - timedelta(days=30)
    return [row for at, row in timed if at >= first]


def hot_figures(messages: Sequence[Message], warned: Sequence[WarnedOf]) -> dict[str, Any]:
    """How many, how many of each level, and how early: the share of a cluster still to come when it was warned of."""
    first: dict[int, WarnedOf] = {}
    for each in warned:
        first.setdefault(each.final[0], each)
    large = [each for each in first.values() if len(each.final) >= 8]
    order = _in_time(messages)
    began, ended = messages[order[0]].at, messages[order[-1]].at
    assert began is not None
    assert ended is not None
    months = (ended - began) / timedelta(days=30.4)
    by_level: dict[str, int] = defaultdict(int)
    for each in warned:
        by_level[each.level or "warned"] += 1
    return {
        "matters": len(first),
        "a_month": round(len(first) / months, 2),
        "levels": dict(by_level),
        "large": len(large),
        "to_come_when_warned": round(float(np.mean([1 - each.so_far / len(each.final) for each in large])), 3)
        if large
        else None,
    }


def kept_judgements() -> list[dict[str, Any]]:
    """The pairs judged for the project, by row number: no text is kept."""
    with KEPT.open(encoding="utf-8", newline="") as file:
        return [
            {
                "set": row["set"],
                "i": int(row["i"]),
                "j": int(row["j"]),
                "w": float(row["weight"]),
                "y": int(row["one_matter"]),
                "sha": (row["sha_i"], row["sha_j"]),
            }
            for row in csv.DictReader(file)
        ]


def the_rows_judged(judged: list[dict[str, Any]], messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Those whose rows still hold the texts that were judged; how many do not is said."""

    def same(row: int, beginning: str) -> bool:
        if row >= len(messages):
            return False
        return hashlib.sha256(messages[row].text.encode()).hexdigest().startswith(beginning)

    found = [
        each
        for each in judged
        if "sha" not in each
        or all(same(row, sha) for row, sha in zip((each["i"], each["j"]), each["sha"], strict=True))
    ]
    if len(found) < len(judged):
        sys.stderr.write(f"{len(judged) - len(found)} judged pairs are of other rows, left out\n")
    return found


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--judged", type=Path, help="pairs judged by hand, JSON Lines")
    parser.add_argument(
        "--warned", type=Path, help="write every warning with its row numbers there, to judge it"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.stderr.write("SKIPPED duplicates: no public sets in the data folder\n")
        return
    jieba.setLogLevel(60)
    if options.judged:
        lines = options.judged.read_text(encoding="utf-8").splitlines()
        judged = [json.loads(line) for line in lines if line.strip()]
    else:
        judged = kept_judgements()
    told: dict[str, dict[str, Any]] = {}
    warnings: list[dict[str, Any]] = []
    for name in SETS:
        messages = read(options.data, name)
        ours, baseline = Ours(messages), Baseline(messages)
        told[name] = {"copies": measure_copies(messages, ours, baseline)}
        own = the_rows_judged([each for each in judged if each["set"] == name], messages)
        if own:
            told[name]["judged"] = measure_judged(own, ours, baseline)
        if messages[0].at is not None:
            mine, theirs = our_warnings(messages, ours), baseline_warnings(messages, baseline)
            told[name]["hot_spots"] = {
                "ours": hot_figures(messages, mine),
                "baseline": hot_figures(messages, theirs),
            }
            warnings += [
                {
                    "set": name,
                    "method": each.method,
                    "at": each.at.isoformat(),
                    "level": each.level,
                    "rows": each.rows,
                    "so_far": each.so_far,
                    "final": each.final,
                }
                for each in (*mine, *theirs)
            ]
        if not options.json:
            for part, figures in told[name].items():
                tell(f"{name:16} {part:10} {json.dumps(figures, ensure_ascii=False)}")
    if options.json:
        tell(json.dumps(told, ensure_ascii=False))
    if options.warned:
        text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in warnings)
        options.warned.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
