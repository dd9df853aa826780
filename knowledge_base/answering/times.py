"""The years a question or a title speaks of."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年|学年|年度|届|级)")
# 上一年级 is the first form of a school, not the year before.
_BEFORE = ((re.compile("前年"), 2), (re.compile("去年|往年|(?<!早)上一?年(?!级)"), 1))


def years_in(text: str) -> frozenset[int]:
    return frozenset(int(year) for year in _YEAR.findall(unicodedata.normalize("NFKC", text)))


def named_years(question: str, on: date) -> frozenset[int]:
    """The past years a question names, by number or as “去年”; the present one is no news."""
    said = {on.year - back for words, back in _BEFORE if words.search(question)}
    return frozenset(year for year in years_in(question) | said if year < on.year)
