"""Several requests in one text: where one ends and the next begins.

Precision first: one matter cut in two becomes two tickets at two units, while two matters in one ticket are seen by
the person who dispatches it. A list of facts, of papers or of complaints about one party is one request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.signals.matters import matters_named
from classifier.signals.request_type import names_a_request

_MOST_REQUESTS = 6
_FEWEST_CHARACTERS = 4
_LONGEST_PIECE = 400
_LONGEST_BRIEF = 120
"""Connecting words part two requests in a message of a few lines; a letter uses them to go on."""
_LONGEST_OPENING = 60


_LISTS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (
        "一",
        "二",
        re.compile(
            r"(?:^|(?<=[\s。；;：:，,！？!?]))[（(]?([一二三四五六七八九])(?:[、.．：:）)]|是(?!不|否))"
        ),
    ),
    ("1", "2", re.compile(r"(?:^|(?<=[^\d.年月]))[（(]?([1-9])[、.．)）](?!\d)")),
    ("①", "②", re.compile(r"([①②③④⑤⑥⑦⑧⑨])")),
    (
        "第一",
        "第二",
        re.compile(
            r"(?:^|(?<=[\s。；;：:，,！？!?]))第([一二三四五六七八九])"
            r"(?!次|天(?!然)|季|小学|中学|人民|医院|实验|名|年|批|期|步|代|条|时间|种|大)(?:件事情?"
            r"|个(?:问题|事情?)|件|个|点|是)?[，,、：:]?"
        ),
    ),
)
"""The first and the second mark of each kind of list, and the pattern of all its marks."""

_FIRST_NEXT = re.compile(r"(?:^|(?<=[\s。；;：:，,！？!?]))(首先|其次|再次|最后)[，,]?")
_ORDER = {
    mark: at for marks in ("一二三四五六七八九", "123456789", "①②③④⑤⑥⑦⑧⑨") for at, mark in enumerate(marks)
}

_NUMBERS = {"两": 2, "二": 2, "2": 2, "俩": 2, "三": 3, "3": 3, "四": 4, "4": 4, "几": 0}
_ANNOUNCED = re.compile(r"([两二2俩三3四4几])(?:个|件|点)(?:事情?|问题|诉求|情况)")
_ITSELF = re.compile(r"第.(?:件|个(?:问题|事))")
_ONE_PARTY = re.compile(
    r"物业|公司|老板|商家|学校|工地|工厂|厂|医院|开发商|机构|村委|村干部|局|所|饭店|店|司机|邻居|建议|材料"
    r"|诉求|情况[:：]"
)

_BOUNDARY = r"(?:^|(?<=[\s。；;：:，,！？!?]))"
_STRONG = re.compile(
    _BOUNDARY
    + r"(?:另外|另|此外|还有|对了|同时)?[，,]?(?:还有?(?:另外)?[一个件另]{1,3}(?:件)?(?:事情?|问题|情况)|另外?一件事情?"
    r"|(?:顺便|顺带)?再(?:反映|咨询|投诉|问|说)(?:一下|下|一个|个|一件)(?:问题|事情?)?"
    r"|(?:顺便|顺带)(?:再)?(?:想)?(?:反映|咨询|投诉|问|说)(?:一下|下|问)?|(?:我)?还想(?:再)?(?:反映"
    r"|咨询|投诉|问|说)(?:一下|下|问)?|再就是)[，,：:]?"
)
_WEAK = re.compile(
    _BOUNDARY
    + r"(?:另外|另(?=[，,])|此外|还有(?![一二两三四五六七八九十\d]+[多几来]?[天个年月位名])|同时|并且|对了)[，,]?"
)
_GOES_ON = re.compile(r"还|也|很|又|都|不|没|态度|服务|希望|请(?!问)|导致|造成|影响|这|那|他|她|它|其")
_SAYS_TOO = re.compile(r"^[^，。；！？,;!?]{0,14}也")
_NAMED_ANEW = re.compile(r"^(?:我|还|再|也)?(?:想|要)?(?:请问|咨询|问|投诉|举报|建议|表扬|反映)")
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]*\s*")

_PLACE = re.compile(
    r"^[^，。；！？,;!?\s]{0,6}?((?:[^不是的在了请让要想有和，。；！？,;!?\s\W]{2,8}?(?:小区|花园|社区"
    r"|家园|公寓|新村|村|镇|乡|街道|路|街|巷|号楼|栋|单元)){1,3}|我们?家|我们?(?:小区|村|楼))"
)


@dataclass(frozen=True, slots=True)
class _Cut:
    """One request ends before ``start`` and the next begins at ``after``, behind the mark."""

    start: int
    after: int


def split_requests(text: str) -> tuple[str, ...]:
    """The requests of a text, in order, each with the shared opening it needs; one request is the text itself."""
    if len(text) < 2 * _FEWEST_CHARACTERS:
        return (text,)
    return _by_list(text) or _by_announcement(text) or _by_connector(text) or (text,)


def _by_list(text: str) -> tuple[str, ...] | None:
    for cuts in _lists_in(text):
        opening = text[: cuts[0].start]
        if len(opening) > _LONGEST_OPENING or _about_one_thing(opening):
            continue
        pieces = _pieces(text, cuts)
        if not all(_FEWEST_CHARACTERS <= len(piece) <= _LONGEST_PIECE for piece in pieces):
            continue
        announced = _ANNOUNCED.search(opening) or _ITSELF.match(text, cuts[0].start)
        if (announced and not _is_titled(text)) or _all_differ(pieces):
            return _with_opening(opening, pieces)
    return None


def _lists_in(text: str) -> list[list[_Cut]]:
    found = []
    for first, second, pattern in _LISTS:
        if first not in text or second not in text:
            continue
        cuts: list[_Cut] = []
        for mark in pattern.finditer(text):
            if _ORDER[mark.group(1)] == len(cuts):
                cuts.append(_Cut(mark.start(), mark.end()))
        if 2 <= len(cuts) <= _MOST_REQUESTS:
            found.append(cuts)
    if "首先" not in text:
        return found
    steps = [_Cut(mark.start(), mark.end()) for mark in _FIRST_NEXT.finditer(text)]
    if (
        2 <= len(steps) <= _MOST_REQUESTS
        and text.startswith("首先", steps[0].start)
        and len(text) <= _LONGEST_BRIEF
    ):
        found.append(steps)
    return found


def _is_titled(text: str) -> bool:
    """A letter with a title has one matter, and the title says which."""
    return text.find("\n", 0, _LONGEST_OPENING) > 0


def _about_one_thing(opening: str) -> bool:
    """Whether what comes before the list already names whom or what the whole list is about."""
    return bool(matters_named(opening)) or _ONE_PARTY.search(opening) is not None


def _pieces(text: str, cuts: Sequence[_Cut]) -> list[str]:
    ends = [cut.start for cut in cuts[1:]] + [len(text)]
    return [text[cut.after : end].strip() for cut, end in zip(cuts, ends, strict=True)]


def _all_differ(pieces: Sequence[str]) -> bool:
    seen: set[int] = set()
    for piece in pieces:
        named = matters_named(piece)
        if not named or named & seen:
            return False
        seen |= named
    return True


def _by_announcement(text: str) -> tuple[str, ...] | None:
    """「两件事：甲；乙」: as many sentences follow as were announced."""
    announced = _ANNOUNCED.search(text) if "：" in text or ":" in text else None
    colon = re.compile(r"[：:]").search(text, announced.end()) if announced else None
    if announced is None or colon is None or _about_one_thing(text[: announced.start()]):
        return None
    pieces = [part.strip() for part in _SENTENCE.findall(text[colon.end() :])]
    if len(pieces) == _NUMBERS[announced.group(1)] and _all_differ(pieces):
        return _with_opening(text[: announced.start()], pieces)
    return None


def _by_connector(text: str) -> tuple[str, ...] | None:
    if len(text) > _LONGEST_BRIEF or _is_titled(text):
        return None
    pieces: list[str] = []
    start = 0
    for cut in _connectors(text):
        before, after = text[start : cut.start], text[cut.after :]
        if _starts_anew(before, after, strong=_STRONG.match(text, cut.start) is not None):
            pieces.append(before.strip())
            start = cut.after
    if not pieces or len(pieces) >= _MOST_REQUESTS:
        return None
    pieces.append(text[start:].strip())
    return (pieces[0], *_with_opening(_opening_of(pieces[0]), pieces[1:]))


def _connectors(text: str) -> list[_Cut]:
    """Where a new request may begin: at a connecting word, or at a sentence that names its own type."""
    cuts = {mark.start(): mark.end() for mark in _WEAK.finditer(text)}
    cuts |= {mark.start(): mark.end() for mark in _STRONG.finditer(text)}
    for sentence in _SENTENCE.finditer(text):
        if sentence.start() not in cuts and sentence.start() > 0 and _NAMED_ANEW.match(sentence.group(0)):
            cuts[sentence.start()] = sentence.start()
    return [_Cut(start, end) for start, end in sorted(cuts.items())]


def _starts_anew(before: str, after: str, *, strong: bool) -> bool:
    if len(before.strip()) < _FEWEST_CHARACTERS or len(after.strip()) < _FEWEST_CHARACTERS:
        return False
    said, next_said = matters_named(before), matters_named(_first_sentence(after))
    if said & next_said:
        return False
    if strong:
        return bool(said or names_a_request(before)) and bool(next_said or names_a_request(after))
    return bool(said and next_said) and not _GOES_ON.match(after) and not _SAYS_TOO.match(after)


def _first_sentence(text: str) -> str:
    found = _SENTENCE.match(text)
    return found.group(0) if found else text


def _with_opening(opening: str, pieces: Sequence[str]) -> tuple[str, ...]:
    shared = _ANNOUNCED.sub("", opening).strip() if _PLACE.search(opening) or "我" in opening else ""
    joint = "" if not shared or shared[-1] in "，。：:；;！？,!? " else "，"
    return tuple(f"{shared}{joint}{piece}" for piece in pieces)


def _opening_of(first: str) -> str:
    """What the first request says of place and person before its matter; the next ones need it too."""
    clause = re.split(r"[，。；！？,;!?\s]", first, maxsplit=1)[0]
    if (
        len(clause) < len(first)
        and not matters_named(clause)
        and (_PLACE.search(clause) or clause.startswith("我是"))
    ):
        return clause
    place = _PLACE.match(first)
    return place.group(1) if place else ""
