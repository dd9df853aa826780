"""Where a brief message turns to another request: at a connecting word, a new sentence, or a new question.

What the two sides are about decides, and how outright the turn is said: behind "顺便问一下" little else is needed,
behind a mere comma the first request must have been asked to its end and the next must name its own subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from classifier.signals.request_type import names_a_request
from classifier.signals.subjects import are_circumstances, are_papers, subjects_of

_FEWEST_CHARACTERS = 4


@dataclass(frozen=True, slots=True)
class Cut:
    """One request ends before ``start`` and the next begins at ``after``, behind the mark."""

    start: int
    after: int


_STRONG = re.compile(
    r"(?:另外|另|此外|还有|对了|同时|然后)?[，,]?(?:还有?(?:另外)?[一个件另]{1,3}(?:件)?(?:事情?|问题|情况)"
    r"|另外?一[件个](?:事情?|问题)|另(?:一个|有一?个?)事情?"
    r"|(?:顺便|顺带)?再(?:反映|咨询|投诉|问|说)(?:一下|下|一个|个|一件|一句|句)(?:问题|事情?)?"
    r"|(?:顺便|顺带)(?:再)?(?:想)?(?:反映|咨询|投诉|问|说)(?:一下|一句|下|问)?|(?:我)?还?(?:想|要)(?:再)?(?:反映"
    r"|咨询|投诉|举报|问)(?:一下|下|问)?|再就是|再一个(?:就是)?|再有|再者|(?:哦|喔|噢)，?对了)[，,：:]?"
)
_WEAK = re.compile(
    r"(?:另外|另(?=[，,])|此外|还有(?:就是)?(?![一二两三四五六七八九十\d]+[多几来]?[天个年月位名])|同时|并且|对了|以及"
    r"|然后(?:就是)?|外加)[，,]?"
)
_ADDS = re.compile(r"还有|以及|然后|同时|并且")
_CONNECTED = re.compile(r"[另还再对哦喔噢]|此外|同时|然后|顺[便带]|我还")
_GOES_ON = re.compile(
    r"还|也|很|又|都|不|没|态度|服务|希望|请(?!问)|导致|造成|影响|这|那|他|她|它|其|结果|所以|因为|但|可|就|要不要|能不能|有没有|是不是|需要|需不需要|怎么|多少|多久|什么|哪"
)
_SAYS_TOO = re.compile(r"^[^，。；！？,;!?]{0,14}也")
_NAMED_ANEW = re.compile(r"^(?:我|还|再|也)?(?:想|要)?(?:请问|咨询|问|投诉|举报|建议|表扬|反映)")
_ASKED = re.compile(
    r"怎么(?!这么|回事|样的)|如何|咋|吗|没得|能不能|可不可以|行不行|能否|可否|多久|多少|几[天年月号点]|什么时候|啥时候|哪[里儿边]|哪个|哪$|找谁|几岁"
    r"|(?:有|要|带|交|需)(?:什么|哪些|啥)|有没有|没有$|合适$|想(?:换|办|补|申请|查|问)[^，。]{0,4}$|该不该|要不要|算不算|(?:查|修|管|清|处理)一?[下查修管]"
)
_OWNER = re.compile(
    r"(?:我们?|俺们?)?(?:(?:家|小区|楼|单位|店|学校|厂)(?:的?门口|旁边|对面|楼下|楼上|隔壁|边上|后面|前面|那边)|(?:这|那)边的?"
    r"|家(?:那|门|楼|对|隔|小区)|小区|村|巷|隔壁|邻居|楼[上下道顶]|村[里口头]|门口|路[口边]|对面|街上|十字路口|校门口)"
)
"""Where a complaint about somebody or something else begins."""
_PERSON = re.compile(r"(?:我|我们|俺)(?:家)?(?:爸|妈|老|儿|女|孩|店|弟|哥|姐|娃)")
_SAME_PARTY = re.compile(
    r"[^，。]{0,3}(?:物业|老板|老师|学校|司机|医生|教练|对方|公司|商家|平台|卖家|房东|中介|开发商|村委|村干部|工作人员"
    r"|窗口|客服|服务|态度|收费|价格|单位|厂|店)"
)
"""Who does one wrong does another: that is still one complaint."""
_WISHES_TO_KNOW = re.compile(r"(?:我|我们|你好|您好)?(?:想|要)?(?:请问|问下|问一下|问问|咨询|了解).{4}")
_ABOUT_PAPERS = re.compile(r"丢|过期|到期|续签|换|补办|怎么[办补领]|咋[办补领]|哪[里儿边]?办|几天")
_EMPTY_WORDS = re.compile(
    r"能不能|可不可以|有没有|是不是|要不要|怎么|什么|没有|没人|我们|你们|他们|请问|一个|现在|可以|时候|咨询|投诉|反映|举报|想问|问一下|一下"
    r"|问题|事情|另外|还有|顺便|孩子|已经|就是|不能|不给|不了|今年|去年|几年|多久|多少|哪里|小区|门口|学校|村里|每天|天天|申请|办理|补贴|补助"
    r"|[的了吗呢吧啊呀着我你他她它这那有没不个在是要想问请也还都就和跟给把被到去来上下里]"
)
_PAIR = re.compile(r"[\u4e00-\u9fff]{2}")
_SHORT, _WHOLE = 6, 8
"""Fewer characters are hardly a request of their own."""
_CLAUSE = re.compile(r"[^，。！？!?,;；\n\s]+[，。！？!?,;；\n\s]*")
_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_ENDED = re.compile(r"[。！？!?；;\n]\s*$")


def begins_with_turn(text: str) -> bool:
    """Whether a connecting word stands first."""
    return _WEAK.match(text) is not None or _is_connected(text)


def _name_other_things(before: str, after: str) -> bool:
    """Whether both sides name a subject and share none: 另外路灯也坏了 then adds a matter, not a detail."""
    one, other = subjects_of(before), subjects_of(after)
    return bool(one and other) and one.isdisjoint(other)


def _is_connected(word: str) -> bool:
    return _CONNECTED.match(word) is not None


def turns_in(text: str) -> list[Cut]:
    """The places where a new request begins, in order."""
    found: list[Cut] = []
    start = 0
    listing = False
    for clause in list(_CLAUSE.finditer(text))[1:]:
        cut, soft = _turn_at(text, clause, start, listing=listing)
        if cut:
            found.append(cut)
            start = cut.after
            listing = listing or soft
    return found


def _turn_at(text: str, clause: re.Match[str], start: int, *, listing: bool) -> tuple[Cut | None, bool]:
    """The cut before a clause, if a request begins there, and whether a mere comma parts the two."""
    at = clause.start()
    before = text[start:at].strip()
    strong, weak = _STRONG.match(text, at), _WEAK.match(text, at)
    word = strong or weak
    after = word.end() if word else at
    rest = text[after:].strip()
    if len(before) < _FEWEST_CHARACTERS or len(rest) < _FEWEST_CHARACTERS:
        return None, False
    sentence = _first(_SENTENCE, rest)
    if share(before, sentence):
        return None, False
    if strong:
        return (Cut(at, after) if _turns_outright(before, rest, word=strong.group(0)) else None), False
    if _GOES_ON.match(rest) or (
        _SAYS_TOO.match(rest) and not (weak and _name_other_things(before, sentence))
    ):
        return None, False
    if weak:
        loose = _ADDS.match(weak.group(0)) is not None and not _ENDED.search(text[start:at])
        return (Cut(at, after) if _turns_with_word(before, sentence, loose=loose) else None), False
    ended = _ENDED.search(text[start:at]) is not None
    if _turns_unsaid(before, sentence, _first(_CLAUSE, rest), ended=ended, listing=listing):
        return Cut(at, at), not ended
    return None, False


def share(before: str, sentence: str) -> bool:
    """Whether both sides speak of the same: by subject, or by a word that stands in both."""
    return bool(subjects_of(before) & subjects_of(sentence)) or not _words(before).isdisjoint(
        _words(sentence)
    )


def _turns_outright(before: str, rest: str, *, word: str) -> bool:
    """Behind "another thing" the next request needs no more; behind a mere wish to ask both must be said."""
    if _GOES_ON.match(rest):
        return False
    if _is_connected(word):
        return len(before) >= _SHORT
    said = subjects_of(before) or names_a_request(before)
    next_said = subjects_of(_first(_SENTENCE, rest)) or names_a_request(rest)
    return bool(said and next_said) and len(before) >= _WHOLE


def _turns_with_word(before: str, sentence: str, *, loose: bool) -> bool:
    """Behind "besides": two subjects, or a request asked to its end and another one of its own.

    ``loose`` is a word that joins the questions of one request too ("…怎么领，还有要多久").
    """
    said, about = subjects_of(before), subjects_of(sentence)
    if about and are_papers(about) and not _ABOUT_PAPERS.search(sentence):
        return False
    another = _OWNER.match(sentence) is not None or _PERSON.match(sentence) is not None
    if loose and not another and (_asks(_last_clause(before)) == _asks(sentence) or not (said and about)):
        return False
    if said and about:
        return True
    if len(before) < _WHOLE or len(sentence) < _WHOLE:
        return False
    if (_asks(sentence) and not loose) or (another and _ASKED.search(before)):
        return True
    return (bool(about) or names_a_request(sentence)) and not _SAME_PARTY.match(sentence)


def _turns_unsaid(before: str, sentence: str, clause: str, *, ended: bool, listing: bool) -> bool:
    said, about = subjects_of(before), subjects_of(clause)
    elsewhere = _OWNER.match(sentence) is not None
    if about and are_papers(about) and not _ABOUT_PAPERS.search(sentence):
        return False
    last = _last_clause(before)
    asked = _ASKED.search(before if ended else last) is not None or _WISHES_TO_KNOW.match(last) is not None
    if elsewhere and asked and len(sentence) >= _WHOLE:
        return True
    if not said or not about:
        return False
    if not elsewhere and not _asks(clause) and are_circumstances(about):
        return False
    if ended:
        return asked or _asks(sentence) or elsewhere or _NAMED_ANEW.match(sentence) is not None
    return asked or listing


def _asks(text: str) -> bool:
    return _ASKED.search(text) is not None or _NAMED_ANEW.match(text) is not None


def _words(text: str) -> set[str]:
    """The pairs of neighbouring characters that mean something."""
    read = _EMPTY_WORDS.sub(" ", text)
    return {read[at : at + 2] for at in range(len(read) - 1) if _PAIR.fullmatch(read, at, at + 2)}


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found.group(0) if found else text


def _last_clause(text: str) -> str:
    clauses = _CLAUSE.findall(text)
    return clauses[-1].rstrip("，。！？!?,;； \n") if clauses else text
