"""Several requests in one text: where one ends and the next begins.

Precision first: one matter cut in two becomes two tickets at two units, while two matters in one ticket are seen by
the person who dispatches it. A list of facts, of papers or of complaints about one party is one request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from classifier.signals.matters import matters_named
from classifier.signals.request_type import names_a_request
from classifier.signals.subjects import subjects_of
from classifier.signals.turns import Cut, begins_with_turn, share, turns_in

_MOST_REQUESTS = 6
_FEWEST_CHARACTERS = 4
_LONGEST_PIECE = 400
_LONGEST_BRIEF = 120
"""Connecting words part two requests in a message of a few lines; a letter uses them to go on."""
_LONGEST_OPENING, _SHORTEST_OPENING = 60, 6


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
_ANNOUNCED = re.compile(r"([两二2俩三3四4几])(?:个|件|点)(?:事[情儿]?|问题|诉求|情况)")
_INTRODUCES = re.compile(
    r"[，,]?(?:我|我们)?(?:现在|今天)?(?:要|想)?(?:反映|反应|投诉|说|有|存在|问)?[：:，,、\s]*$"
)
"""What only leads to the list: 我们小区有两件事, less the two matters."""
_OWN = re.compile(r"(?:我们?|俺们?|咱们?)(?:家|小区|村|楼|镇|厂|学校|单位|这边?|这里)?[里上]?")
_STARTS_ITSELF = re.compile(r"我|俺|咱|小区|村|镇|厂区|学校")
"""A piece that says itself whose it is: 我家 before it would make another sentence of it."""
_COLON, _SEPARATE = re.compile(r"[：:]"), re.compile(r"[，,。；;：:！!？?\s]+")
_ITSELF = re.compile(r"第.(?:件|个(?:问题|事))")
_ONE_PARTY = re.compile(
    r"物业|公司|老板|商家|学校|工地|工厂|厂|医院|开发商|机构|村委|村干部|局|所|饭店|店|司机|邻居|建议|材料"
    r"|诉求|情况[:：]"
)

_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]*\s*")

_PLACE = re.compile(
    r"^[^，。；！？,;!?\s]{0,6}?((?:[^不是的在了请让要想有和，。；！？,;!?\s\W]{2,8}?(?:小区|花园|社区"
    r"|家园|公寓|新村|村|镇|乡|街道|路|街|巷|号楼|栋|单元)){1,3}|我们?家|我们?(?:小区|村|楼))"
)


def split_requests(text: str, *, as_said: bool = False) -> tuple[str, ...]:
    """The requests of a text, in order, each with the shared opening it needs; one request is the text itself.

    ``as_said``: what follows a turn stands without the first one's opening, for people who remember their words.
    """
    if len(text) < 2 * _FEWEST_CHARACTERS:
        return (text,)
    return _by_list(text) or _by_announcement(text) or _by_turn(text, as_said=as_said) or (text,)


def _by_list(text: str) -> tuple[str, ...] | None:
    for cuts in _lists_in(text):
        opening = text[: cuts[0].start]
        if len(opening) > _LONGEST_OPENING or _about_one_thing(opening):
            continue
        pieces = _pieces(text, cuts)
        if not all(_FEWEST_CHARACTERS <= len(piece) <= _LONGEST_PIECE for piece in pieces):
            continue
        announced = _ANNOUNCED.search(opening) or _ITSELF.match(text, cuts[0].start)
        if (
            (announced and not _is_titled(text))
            or _all_differ(pieces)
            or _are_unrelated(text, opening, pieces)
        ):
            return _with_opening(opening, pieces)
    return None


def _lists_in(text: str) -> list[list[Cut]]:
    found = []
    for first, second, pattern in _LISTS:
        if first not in text or second not in text:
            continue
        cuts: list[Cut] = []
        for mark in pattern.finditer(text):
            if _ORDER[mark.group(1)] == len(cuts):
                cuts.append(Cut(mark.start(), mark.end()))
        if 2 <= len(cuts) <= _MOST_REQUESTS:
            found.append(cuts)
    if "首先" not in text:
        return found
    steps = [Cut(mark.start(), mark.end()) for mark in _FIRST_NEXT.finditer(text)]
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


def _pieces(text: str, cuts: Sequence[Cut]) -> list[str]:
    ends = [cut.start for cut in cuts[1:]] + [len(text)]
    return [text[cut.after : end].strip() for cut, end in zip(cuts, ends, strict=True)]


def _all_differ(pieces: Sequence[str]) -> bool:
    """Whether each piece names a subject of its own; what a letter lists must be everyday matters."""
    read = subjects_of if sum(map(len, pieces)) <= _LONGEST_BRIEF else matters_named
    seen: set[int] = set()
    for piece in pieces:
        named = read(piece)
        if not named or named & seen:
            return False
        seen |= named
    return True


def _are_unrelated(text: str, opening: str, pieces: Sequence[str]) -> bool:
    """Whether the points of a brief message that says nothing before them share neither subject nor word."""
    return (
        len(text) <= _LONGEST_BRIEF
        and len(opening.strip()) <= _SHORTEST_OPENING
        and not any(share(one, other) for at, one in enumerate(pieces) for other in pieces[:at])
        and not text.startswith("首先")
        and 2 * sum(bool(subjects_of(piece)) or names_a_request(piece) for piece in pieces) >= len(pieces)
    )


def _by_announcement(text: str) -> tuple[str, ...] | None:
    """「两件事：甲；乙」: as many sentences follow as were announced, in a brief message as many clauses."""
    announced = _ANNOUNCED.search(text)
    if announced is None or _about_one_thing(text[: announced.start()]):
        return None
    number = _NUMBERS[announced.group(1)]
    opening = text[: announced.start()]
    colon = _COLON.search(text, announced.end())
    if colon:
        pieces = [part.strip() for part in _SENTENCE.findall(text[colon.end() :])]
        if len(pieces) == number and _all_differ(pieces):
            return _with_opening(opening, pieces)
    pieces = [part.strip() for part in _SEPARATE.split(text[announced.end() :]) if part.strip()]
    if len(text) <= _LONGEST_BRIEF and len(pieces) == number and _none_shared(pieces):
        return _with_opening(opening, pieces)
    return None


def _none_shared(pieces: Sequence[str]) -> bool:
    named = [subjects_of(piece) for piece in pieces]
    return (
        all(len(piece) >= _FEWEST_CHARACTERS for piece in pieces)
        and any(named)
        and len(frozenset().union(*named)) == sum(map(len, named))
    )


def _by_turn(text: str, *, as_said: bool) -> tuple[str, ...] | None:
    if len(text) > _LONGEST_BRIEF or (
        _is_titled(text) and not begins_with_turn(text.partition("\n")[2].strip())
    ):
        return None
    pieces: list[str] = []
    start = 0
    for cut in turns_in(text):
        pieces.append(text[start : cut.start].strip())
        start = cut.after
    if not pieces or len(pieces) >= _MOST_REQUESTS:
        return None
    pieces.append(text[start:].strip())
    if as_said:
        return tuple(pieces)
    return (pieces[0], *_with_opening(_opening_of(pieces[0]), pieces[1:]))


def _with_opening(opening: str, pieces: Sequence[str]) -> tuple[str, ...]:
    shared = (
        _INTRODUCES.sub("", _ANNOUNCED.sub("", opening).strip())
        if _PLACE.search(opening) or "我" in opening
        else ""
    )
    joint = "" if not shared or shared[-1] in "，。：:；;！？,!? " or _OWN.fullmatch(shared) else "，"
    return tuple(
        piece if _OWN.fullmatch(shared) and _STARTS_ITSELF.match(piece) else f"{shared}{joint}{piece}"
        for piece in pieces
    )


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
