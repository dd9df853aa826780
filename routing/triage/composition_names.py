"""What a unit's name says: which kind of unit it is, and the proper name of its town. No gazetteer needed.

"某市城东区教育局" is the education office of 城东区; "某市城东区柳桥镇人民政府" is the government of a town whose proper
name is 柳桥. Units of one kind in several places share what is learned about their kind.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

TOWNSHIP = "街镇"
"""The kind of all township governments, whatever they are called: 镇人民政府, 乡人民政府, 街道办事处."""

_OTHER_UNITS_SHARE = 3
_ADMINISTRATIVE = re.compile(r"[\u4e00-\u9fff]{2,8}?(?:省|自治区|自治州|地区|盟|市|州)")
_COUNTY = re.compile(r"[\u4e00-\u9fff]{1,6}?(?:新区|区|自治县|县|旗|市)(?!场)")
_TOWNSHIP = re.compile(
    r"(?P<proper>[\u4e00-\u9fff]{1,8}?)(?:镇街道|新?镇|民族乡|乡|街道)(?:人民政府|办事处|党工委|党委|管理委员会|管委会)?"
)
_PLACE_SUFFIX = re.compile(r"(?:新区|自治县|自治旗|街道办事处|街道|新镇|镇|民族乡|乡|区|县|旗|市)$")
_SHORTEST_CORE = 2


def plain(text: str) -> str:
    """Half-width, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def core_of(place: str) -> str:
    """The place's name without its kind: 城东区 → 城东; a name that would be too short keeps its kind."""
    core = _PLACE_SUFFIX.sub("", place)
    return core if len(core) >= _SHORTEST_CORE else place


@dataclass(frozen=True, slots=True)
class NameParts:
    """``kind`` is what is left without places; ``proper`` is the town's own name, empty for other units."""

    kind: str
    proper: str


@dataclass(frozen=True, slots=True)
class NameRules:
    """How the units of one installation are named: ``superiors`` are the beginnings that many names share."""

    superiors: tuple[str, ...]

    @classmethod
    def learn(cls, names: Iterable[str]) -> Self:
        """Beginnings that look like a province or a city and open at least three names."""
        found: Counter[str] = Counter()
        for name in set(map(plain, names)):
            beginning = _ADMINISTRATIVE.match(name)
            if beginning:
                found[beginning.group()] += 1
        common = [beginning for beginning, count in found.items() if count >= _OTHER_UNITS_SHARE]
        return cls(superiors=tuple(sorted(common, key=lambda one: (-len(one), one))))

    def without_superior(self, name: str) -> str:
        """The name without the province or city before it, unless nothing would be left."""
        name = plain(name)
        for superior in self.superiors:
            if name.startswith(superior) and len(name) > len(superior):
                return name[len(superior) :]
        return name

    def parts(self, name: str, place: str | None) -> NameParts:
        """The kind and the proper name of a unit that answers for ``place`` (None where that is not known)."""
        rest = self.without_superior(name)
        place = self.without_superior(place) if place else ""
        if place and place in rest:
            rest = rest[rest.index(place) + len(place) :] or rest
        elif not place:
            county = _COUNTY.match(rest)
            rest = rest[county.end() :] if county and county.end() < len(rest) else rest
        rest = rest.removeprefix("人民政府") or rest
        township = _TOWNSHIP.fullmatch(rest)
        if township:
            proper = township["proper"]
            # A town of one character is never called by it alone: 唐镇.
            return NameParts(TOWNSHIP, proper if len(proper) >= _SHORTEST_CORE else rest[: len(proper) + 1])
        return NameParts(rest, "")


class PlaceReader:
    """A place as a person names it → a place known from training, and the units whose town is meant."""

    __slots__ = ("_forms", "_propers", "_rules")

    def __init__(
        self, names: Mapping[str, str], propers: Mapping[str, str], rules: NameRules, *, upper: str | None
    ) -> None:
        """``names`` maps the known places to what people call them, ``propers`` units to their towns' proper names;
        ``upper`` is the place that stands for the whole (市级), which people call by the superior's own name."""
        self._rules = rules
        self._forms: dict[str, str] = {}
        for place, name in names.items():
            for form in (place, plain(place), plain(name), rules.without_superior(name)):
                self._forms.setdefault(form, place)
        for place, name in names.items():
            self._forms.setdefault(core_of(rules.without_superior(name)), place)
        if upper is not None:
            for form in (*rules.superiors, *map(core_of, rules.superiors)):
                self._forms.setdefault(form, upper)
        self._propers = dict(propers)

    def read(self, given: str | None) -> tuple[str | None, tuple[str, ...]]:
        """``(place, units)``: the known place that was meant, if any, and units whose town the words name."""
        if given is None or not given.strip():
            return None, ()
        exact = self._forms.get(given) or self._forms.get(plain(given))
        if exact is not None:
            return exact, ()
        rest = self._rules.without_superior(given)
        units = tuple(unit for unit, proper in self._propers.items() if proper in rest)
        known = [form for form in self._forms if len(form) >= _SHORTEST_CORE and form in rest]
        # 「城东区柳桥镇」 names both; the longer form is the more exact one.
        return (self._forms[max(known, key=len)] if known else None), units
