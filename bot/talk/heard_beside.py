"""What a citizen's story says beside its matter: a place, a number, another request. Offered, never taken unasked."""

from __future__ import annotations

import re

from bot.intake import find_phone, without_phone
from bot.talk.session import SURE_ENOUGH
from bot.talk.spoken_forms import digits_spoken
from bot.wording import label
from classifier.signals import guess_request_type, split_requests
from routing.citizen_request import RequestType, Secrecy
from routing.places.addresses import find_addresses
from routing.redaction import redact

_MOST_TEXT = 1000
_REACH = 10
_DOOR = re.compile(r"\d{1,4}号(?:楼|院)?(?:\d{1,3}单元)?")
_TOWN = re.compile(
    r"(?:(?!县|区)[\u4e00-\u9fff]){2,4}(?:(?<![小社片校园景])区|县)(?:(?!镇|乡|街道)[\u4e00-\u9fff]){2,4}(?:镇|乡|街道)$"
    r"|[\u4e00-\u9fff]{2,4}?(?:镇|乡|街道|县|(?<![小社片校园景])区)$"
)
_LEADS_TO = re.compile(r"^.*[的在是我们了这那住到]")
_OWN_PLACE = re.compile(
    r"(?:我们?|俺们?|咱们?)?(?:家|人)?(?:就|现在)?(?:住在?|在)(?P<estate>(?!(?:老旧|整个|住宅|新建|你们|这个|那个|一个))"
    r"(?:(?![在住的我你他们这那个])[\u4e00-\u9fff]){2,6}(?:小区|社区|大厦|广场|市场|村))(?=[，,。；;！! \s的里门楼]|$)"
)
"""Where somebody says they are or live: the names of estates that no street goes with."""
_LOOKS_LIKE_PLACE = re.compile(
    r"[路街巷弄村镇乡区楼栋幢室院桥站场园店厂校山河湖]|大厅|门口|对面|旁边|附近|后面|前面|路口"
)


_ENDS_LIKE_PLACE = re.compile(
    r"[路街巷弄村镇乡区楼栋幢桥站场园店厂校](?:那里|那儿|附近|旁边|门口)?[吧吗呢？?]*$"
)
_NUMBER = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-\d{7,8})(?!\d)")
_HIDDEN = "\ue000"
_CLAUSE = re.compile(r"([，,。；;！!？?\n\s]+)")
_OF_ONESELF = re.compile(
    r"(?:我的?|本人的?|请|可以|随时|直接|有事|这是|就是|联系|打|找|致电|加|给|留个?|人|到|的|手机|电话|号码?|联系方式|微信|码|是|为|[：:])*+"
)
_PREAMBLE = re.compile(
    r"^我?(?:要|想)?(?:反映|说|问)(?:一下)?(?:[一两二三四几]件事[情儿]?)?[，,：: ]+"
    r"|^我?再?(?:想|要)?(?:问|咨询)(?:一下|下|问)[，,：: ]*"
)


def places_in(text: str) -> tuple[str, ...]:
    """The road or estate a text names, with the town before and the door behind it; at most one, the first."""
    said = text[:_MOST_TEXT]
    own = _OWN_PLACE.search(said)
    for address in find_addresses(said):
        start, end = address.start, address.end
        start -= len(_town_before(said[max(0, start - _REACH) : start]))
        door = _DOOR.match(said, end)
        return (said[start : door.end() if door else end],)
    return (own["estate"],) if own else ()


def _town_before(text: str) -> str:
    """The county and the town that a road's name follows at once."""
    found = _TOWN.search(_LEADS_TO.sub("", text))
    return found[0] if found else ""


def looks_like_a_place(text: str) -> bool:
    return bool(_LOOKS_LIKE_PLACE.search(text))


def names_a_place(text: str) -> bool:
    """“是不是东门桥？” does, “你知道是哪儿的路灯吗” does not."""
    return bool(places_in(text) or _ENDS_LIKE_PLACE.search(text))


def phone_in(text: str) -> str | None:
    return find_phone(digits_spoken(text[:_MOST_TEXT])) if text else None


def beside_phone(text: str) -> str:
    """What was said beside the number, such as a name."""
    return without_phone(digits_spoken(text))


def without_own_phone(text: str) -> str:
    """The story without the clause that only gives a number: it belongs under the contact, which may be kept secret.
    A number with a name before it, such as a shop's, is part of what happened and stays."""
    said = digits_spoken(text)
    numbers = _NUMBER.findall(said)
    if not numbers or _HIDDEN in text:
        return text
    pieces, left, kept = _CLAUSE.split(_NUMBER.sub(_HIDDEN, said)), iter(numbers), ""
    for clause, mark in zip(pieces[::2], (*pieces[1::2], ""), strict=True):
        whole = re.sub(_HIDDEN, lambda _: next(left), clause)
        own = _HIDDEN in clause and _OF_ONESELF.fullmatch(clause.replace(_HIDDEN, ""))
        kept += "" if own else whole + mark
    return kept.strip(" ，,；;\n")


def name_in(text: str) -> tuple[str | None, str]:
    """The name somebody gives as their own (我叫李桂花), and the story without that clause: it belongs under the contact,
    which may be kept secret."""
    if "叫" not in text and "姓名" not in text:
        return None, text
    for found in _OWN_NAME.finditer(text[:_MOST_TEXT]):
        if redact(f"我是{found['name']}，") == "我是[姓名]，":
            return found["name"], _joined(text[: found.start()], text[found.end() :])
    return None, text


def secrecy_in(text: str) -> tuple[Secrecy | None, str]:
    """保密 or 匿名 said as a clause of its own, and the story without it."""
    found = _OWN_SECRECY.search(text) if "密" in text or "匿名" in text else None
    if found is None:
        return None, text
    chosen = Secrecy.ANONYMOUS if found["said"] == label(Secrecy.ANONYMOUS) else Secrecy.SECRET
    return chosen, _joined(text[: found.start()], text[found.end() :])


def oneself_in(text: str) -> tuple[str | None, Secrecy | None, str]:
    """Name and secrecy told in a story, and what is left of it: never nothing."""
    name, rest = name_in(text)
    if not rest:
        name, rest = None, text
    secrecy, bare = secrecy_in(rest)
    return (name, secrecy, bare) if bare else (name, None, rest)


def _joined(before: str, after: str) -> str:
    """What is left once a clause was taken out, with one mark between."""
    left, right = before.rstrip(" ，,；;\n"), after.lstrip(" ，,；;\n")
    apart = "" if not left or not right or left[-1] in "。！!？?" or right[0] in "。！!？?" else "，"
    return f"{left}{apart}{right}"


_OWN_NAME = re.compile(
    r"(?:^|(?<=[，,。；;！! \n好]))(?:你好|您好)?[，, ]*(?:我|本人)(?:的?名字|姓名)?(?:叫做?|[：:是])"
    r"(?P<name>[\u4e00-\u9fff]{2,4})(?=[，,。；;！! \n]|$)"
)
_OWN_SECRECY = re.compile(
    r"(?:^|(?<=[，,。；;！! \n]))(?:请|麻烦|帮我|给我|替我|务必|一定要?|要|要求|希望|你们)*+(?:为我)?"
    r"(?P<said>保密|匿名)(?:处理|登记|办理|举报|投诉|一下|吧|啊|哦|谢谢)*(?=[，,。；;！! \n]|$)"
)


def requests_in(text: str) -> tuple[str, ...]:
    """Several requests of one text; empty for one."""
    parts = split_requests(text, as_said=True) if 0 < len(text) <= _MOST_TEXT else ()
    trimmed = tuple(_PREAMBLE.sub("", part).strip(" ，,；;。\n") for part in parts)
    if len(trimmed) > 1 and all(trimmed):
        return trimmed
    counted = _COUNTED.fullmatch(text.strip()) if 0 < len(text) <= _MOST_COUNTED else None
    return (counted["one"].strip(), counted["other"].strip()) if counted else ()


_MOST_COUNTED = 200
_COUNTED = re.compile(
    r"(?:我|要|想|反映|说|有|[一两二]件事|[，,。：: ])*+一[个件]是"
    r"(?P<one>[^，,。；;\n]{6,80}?)[，,。；; ]+"
    r"(?:再|还|还有|另外?)*一[个件]?是?(?P<other>[^\n]{6,90}?)"
    r"(?:[，,。 ]+(?:请|麻烦)?(?:你们)?(?:给)?(?:管管|管一管|看看|处理一下|解决一下)(?:吧|啊)?)?[。！! ]*"
)
"""“一个是楼下乱停车，一个是隔壁油烟大”."""


def sounds_like(text: str) -> RequestType | None:
    """The type a text would have as a ticket; None where it is a mere fallback."""
    guess = guess_request_type(text)
    return meant(RequestType(guess.label), text) if guess.confidence >= SURE_ENOUGH else None


_SNEERS = re.compile(
    r"没动静|没人[管来理]|还没[有]?[办修解结来]|没(?:有)?(?:解决|结果|消息|下文)"
    r"|不管|不理|白跑|等于没|都没[办修来]"
)


def meant(kind: RequestType, text: str) -> RequestType:
    """“你们办事真快，三个月了都没动静” praises nobody."""
    sneers = kind is RequestType.PRAISE and _SNEERS.search(text) is not None
    return RequestType.COMPLAINT if sneers else kind
