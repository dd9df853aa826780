"""What the demo's citizens ask and what good departments answer: tables of sentences, filled in per ticket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from routing.citizen_request import RequestType
from routing.departments import UnitId, Units
from routing.places.gazetteer import Gazetteer, Place, PlaceLevel
from routing.tables import read_rows
from routing.timing.working_calendar import CHINA

DATA = Path(__file__).parent / "data"
_URBAN = ("qh.chengguan", "qh.hexi", "qh.xincheng", "qh.development-zone")
_RURAL = ("qh.liuquan", "qh.shiqiao", "qh.baiyang", "qh.yuntai", "qh.majiaji", "qh.xinghua", "qh.songling")
_LANDMARKS = {
    "market": ("市场", "广场"),
    "hospital": ("医院", "保健院"),
    "park": ("公园",),
    "scenic": ("景区",),
}


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of request. ``reply`` is what its unit answers; a vague one has neither unit nor reply."""

    request_type: RequestType
    place_kind: str
    title: str
    text: str
    unit_id: UnitId | None = None
    reply: str = ""
    weight: int = 1
    urgent: bool = False
    rejected: bool = False
    """Not the government's to settle: the dispatcher says so."""


@dataclass(frozen=True, slots=True)
class Told:
    """A story with its place and numbers filled in."""

    story: Story
    title: str
    text: str
    place: str | None
    short: str
    count: int

    def reply(self, template: str, *, at: datetime, phone: str) -> str:
        """The answer as the unit writes it on the day of ``at``."""
        local = at.astimezone(CHINA)
        day = f"{local.month}月{local.day}日"
        return template.format(done=day, short=self.short or "现场", n=self.count, phone=phone)


class Stories:
    """All stories and the sentences that go with any of them."""

    def __init__(
        self,
        stories: tuple[Story, ...],
        vague: tuple[Story, ...],
        phrases: Mapping[str, tuple[str, ...]],
        *,
        units: Units,
        gazetteer: Gazetteer,
    ) -> None:
        self.all = stories
        self.vague = vague
        self._phrases = phrases
        self._units = units
        self._gazetteer = gazetteer

    @classmethod
    def load(cls, *, units: Units, gazetteer: Gazetteer) -> Stories:
        """Read the tables that ship with the demo."""
        said = defaultdict(list)
        for row in read_rows(DATA / "phrases.csv", columns=("kind", "text")):
            said[row["kind"]].append(row["text"])
        phrases = {kind: tuple(texts) for kind, texts in said.items()}
        requests, vague = _read("requests.csv"), _read("vague.csv")
        return cls(requests, vague, phrases, units=units, gazetteer=gazetteer)

    def titled(self, title: str) -> Story:
        """The story of that title."""
        return next(story for story in self.all if story.title == title)

    def phrase(self, kind: str, rng: Random) -> str:
        """Some sentence of that kind."""
        return rng.choice(self._phrases[kind])

    def phone(self, unit_id: UnitId) -> str:
        return self._units.get(unit_id).duties_phone or "12345"

    def tell(self, story: Story, rng: Random) -> Told:
        """The story at some place where its unit is in charge."""
        where = rng.choice(places) if (places := self._places(story)) else None
        township = self._gazetteer.township_of(where) if where else None
        place = f"{township.name}{where.name}" if where and township else None
        count = rng.randint(2, 6)
        words = {"place": place or "", "b": rng.randint(1, 18), "n": count}
        text = story.text.format(**words)
        return Told(story, story.title, text, place, where.name if where else "", count)

    def _places(self, story: Story) -> list[Place]:
        if story.place_kind == "none":
            return []
        unit = self._units.get(story.unit_id) if story.unit_id else None
        rural = story.place_kind in ("village", "school", "scenic")
        within: tuple[str, ...] = (*_URBAN, *_RURAL) if rural else _URBAN
        if unit is not None and unit.place_id is not None:
            within = (unit.place_id,)
        return [
            place
            for place in self._gazetteer.all()
            if _is_kind(place, story.place_kind) and any(self._gazetteer.is_within(place, w) for w in within)
        ]


def _is_kind(place: Place, kind: str) -> bool:
    if kind in _LANDMARKS:
        return place.level is PlaceLevel.LANDMARK and place.name.endswith(_LANDMARKS[kind])
    # 社区 govern streets of a town; what happens "in the village" happens in a 村.
    return place.level == kind and (kind != "village" or place.name.endswith("村"))


def _read(name: str) -> tuple[Story, ...]:
    rows = read_rows(DATA / name, columns=("request_type", "place_kind", "title", "text"))
    return tuple(
        Story(
            request_type=RequestType(row["request_type"]),
            place_kind=row["place_kind"],
            title=row["title"],
            text=row["text"],
            unit_id=UnitId(row["unit_id"]) if row["unit_id"] else None,
            reply=row["reply"],
            weight=int(row["weight"] or 1),
            urgent=row["urgent"] == "yes",
            rejected=row["rejected"] == "yes",
        )
        for row in rows
    )
