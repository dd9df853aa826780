"""No sentence holds up the service: a pattern with a loop around a loop takes exponential time, and the one event loop with
it. Every pattern of the packages that loops over alternatives is tried on its own words, repeated, with an end that fails."""

from __future__ import annotations

import importlib
import pkgutil
import re
import re._constants as parts  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import bot
import classifier
import knowledge_base
import routing
from classifier.signals import find_abuse

PATIENCE_S = 1.0
"""Of wall time, on machines that are busy with other tests: what is meant takes hours."""
_MOST_WORDS = 150
_REPEATED = 30


class TooLong(Exception):
    pass


def _stop(*_: object) -> None:
    raise TooLong


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _stop)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def _patterns() -> dict[str, tuple[str, re.Pattern[str]]]:
    """Every compiled pattern that is a module's name, or stands in a tuple, list or dictionary of one."""
    found: dict[str, tuple[str, re.Pattern[str]]] = {}
    for package in (bot, routing, classifier, knowledge_base):
        for module in _modules(package):
            for name, value in vars(module).items():
                for each in _inside(value):
                    if isinstance(each.pattern, str):
                        found.setdefault(each.pattern, (f"{module.__name__}.{name}", each))
    return found


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not info.name.endswith("__main__") and ".simulator" not in info.name:
            yield importlib.import_module(info.name)


def _inside(value: Any, depth: int = 0) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 2 and isinstance(value, tuple | list):
        for one in value:
            yield from _inside(one, depth + 1)
    elif depth < 2 and isinstance(value, dict):
        yield from _inside(list(value.values()), depth)


def _loops_over_alternatives(sequence: Any) -> bool:
    for kind, what in sequence:
        if kind in (parts.MAX_REPEAT, parts.MIN_REPEAT):
            if what[1] > 8 and len(str(what[2])) > 60:
                return True
            if _loops_over_alternatives(what[2]):
                return True
        elif (kind is parts.SUBPATTERN and _loops_over_alternatives(what[-1])) or (
            kind is parts.BRANCH and any(_loops_over_alternatives(one) for one in what[1])
        ):
            return True
    return False


def _words(pattern: str) -> list[str]:
    """What the pattern itself is made of, with optional endings, and pairs of its short words."""
    plain = set(re.findall(r"[\u4e00-\u9fff]{1,6}", pattern))
    words = {*plain, "，", "。", " ", "1", "a", "嗯"}
    for stem, endings in re.findall(r"([\u4e00-\u9fff]+)\(\?:([^()]*)\)", pattern):
        words |= {stem[0] + ending for ending in endings.split("|")}
    for stem, endings in re.findall(r"([\u4e00-\u9fff]+)\[([^\]]*)\]", pattern):
        words |= {stem[0] + ending for ending in endings[:4]}
    short = sorted(word for word in plain if len(word) <= 2)[:10]
    return sorted(words | {one + other for one in short for other in short})[:_MOST_WORDS]


def test_no_pattern_takes_exponential_time_on_its_own_words() -> None:
    slow: dict[str, list[str]] = {}
    tried = 0
    for source, (name, pattern) in _patterns().items():
        if not _loops_over_alternatives(parser.parse(source, pattern.flags)):
            continue
        tried += 1
        for word in _words(source):
            text = word * _REPEATED + "\x01"
            for match in (pattern.fullmatch, pattern.search):
                signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
                try:
                    match(text)
                except TooLong:
                    slow.setdefault(name, []).append(word)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            if len(slow.get(name, [])) > 1:
                break
    assert not slow
    assert tried > 20


@pytest.mark.parametrize(
    "text", ["。" * 100 + "路灯坏了三天没有人修", "嗯，" * 60 + "路灯", "哈哈" * 100 + "x"]
)
def test_looking_for_abuse_takes_no_longer_for_repeated_signs(text: str) -> None:
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    find_abuse(text)
