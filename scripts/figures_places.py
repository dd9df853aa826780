"""What the gazetteer finds in real letters, how fast and in how much memory: the figures of docs/places.md.

    python scripts/figures_places.py DIVISIONS LETTERS --home 31

DIVISIONS holds division_{provinces,cities,areas,streets}.csv; LETTERS is JSON Lines, gzip, with ``text``,
``district`` (the district that answered; rows without one are left out) and ``department`` (whose name ends in the
town's where a town answered).
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import re
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from routing.places.gazetteer import Gazetteer
from routing.places.place import Place, PlaceLevel, place_of
from routing.places.place_names import short_form
from routing.places.reference_places import merged, narrowed_to, read_place_list, settle_parents
from routing.reference_tables import TableKind, encode_rows, places_in
from routing.tables import Row
from routing.triage.phrase_index import fold

_ROUNDS = 60
_TOWN_ANSWERED = re.compile(r"(?:[镇乡]人民政府|街道办事处)$")
_LEAST, _MOST = 190, 210


class Letter(NamedTuple):
    """One letter and who answered it."""

    text: str
    district: str
    department: str


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("divisions", type=Path)
    parser.add_argument("letters", type=Path)
    parser.add_argument("--home", default="31", help="id of the area the letters were written in")
    arguments = parser.parse_args()
    rows = _rows(arguments.divisions)
    letters = _letters(arguments.letters)
    texts = [letter.text for letter in letters if _LEAST < len(letter.text) < _MOST]
    names = {len(rows): rows, len(home := narrowed_to(rows, arguments.home)): home}
    columns = "names | gazetteer | letters with a place | district found | of these right | asked back"
    _say(f"| {columns} | town right where a town answered |")
    _say("|---|---|---|---|---|---|---|")
    for count, table in names.items():
        for said, home_id in (("names as listed", None), ("with a home area", arguments.home)):
            _say(f"| {count:,} | {said} | {_found(_gazetteer(table, home_id), letters)} |")
    _say("\n| names | build from the stored table | memory | one message | already folded |")
    _say("|---|---|---|---|---|")
    for table in names.values():
        _say(f"| {_cost(table, arguments.home, texts)} |")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _rows(folder: Path) -> list[Row]:
    rows: list[Row] = []
    for level in ("provinces", "cities", "areas", "streets"):
        rows = merged(rows, read_place_list(folder / f"division_{level}.csv"))
    return settle_parents(rows)


def _letters(path: Path) -> list[Letter]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    wanted = [row for row in rows if row["district"] != "市级"]
    return [Letter(row["text"], row["district"], row["department"]) for row in wanted]


def _gazetteer(rows: Iterable[Row], home: str | None) -> Gazetteer:
    return Gazetteer([place_of(row) for row in rows], home=home)


def _found(gazetteer: Gazetteer, letters: list[Letter]) -> str:
    counts: Counter[str] = Counter()
    for letter in letters:
        match = gazetteer.find(letter.text)
        counts["named"] += bool(match.words)
        places = (match.place,) if match.place else match.candidates
        districts = {_district(place, gazetteer) for place in places}
        if len(districts) == 1 and (district := districts.pop()):
            counts["found"] += 1
            counts["right"] += district.name == letter.district
        elif match.candidates:
            counts["asked"] += 1
        town = gazetteer.township_of(match.place) if match.place else None
        if town and _TOWN_ANSWERED.search(letter.department):
            counts["town"] += 1
            counts["town right"] += _stem(town) in letter.department
    total, found = len(letters), counts["found"]
    return (
        f"{counts['named']:,} of {total:,} ({counts['named'] / total:.1%}) | {found:,} ({found / total:.1%}) | "
        f"{counts['right']:,} ({counts['right'] / max(found, 1):.2%}) | {counts['asked']:,} | "
        f"{counts['town right']:,} of {counts['town']:,} ({counts['town right'] / max(counts['town'], 1):.1%})"
    )


def _stem(town: Place) -> str:
    """A road's name stays in full: 新华路 for 新华路街道."""
    return short_form(town.name, "township") or town.name.removesuffix("街道")


def _district(place: Place, gazetteer: Gazetteer) -> Place | None:
    return gazetteer.at_level(place, PlaceLevel.COUNTY)


def _cost(rows: list[Row], home: str, texts: list[str]) -> str:
    stored = encode_rows(TableKind.PLACES, rows)
    seconds = min(_seconds(stored, home) for _ in range(3))
    gc.collect()
    tracemalloc.start()
    gazetteer = Gazetteer(places_in(stored), home=home)
    memory = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    folded = [fold(text) for text in texts]
    whole = min(_microseconds(gazetteer, texts) for _ in range(_ROUNDS))
    alone = min(_microseconds(gazetteer, folded) for _ in range(_ROUNDS))
    return f"{len(rows):,} | {seconds:.2f} s | {memory:.0f} MB | {whole:.1f} µs | {alone:.1f} µs"


def _microseconds(gazetteer: Gazetteer, texts: list) -> float:  # type: ignore[type-arg]
    started = time.process_time()
    for text in texts:
        gazetteer.find(text)
    return (time.process_time() - started) / len(texts) * 1e6


def _seconds(stored: bytes, home: str) -> float:
    started = time.process_time()
    Gazetteer(places_in(stored), home=home)
    return time.process_time() - started


if __name__ == "__main__":
    main()
