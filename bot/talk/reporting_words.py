"""How citizens ask whether something may be reported here, as text alone: “路灯坏了能报给你们吗”."""

from __future__ import annotations

import re

from bot.talk.spoken_forms import simplified

_LONGEST = 40
_LEAST_MATTER = 3
_MAY = r"(?:能不能|可不可以|可以不可以|可以|能够|能|可)"
_TELL = r"(?:报修|报告|报|反映|反应|投诉|举报|登记|上报)"
_US = r"(?:你们|您|您们|这里|这儿|12345|热线)"
_END = r"(?:吗|么|嘛|不|吧|不能|呀|啊)*[？? ]*"
_TO_US = re.compile(
    rf"(?P<what>.*?)[，, ]*{_MAY}?(?:跟|向|给|找|到|在|打|归|由|是|该|属于)*{_US}(?:这里|这儿)?{_MAY}?(?:去|来)?"
    rf"(?:{_TELL}|管|负责|说)(?:给{_US})?{_END}"
    rf"|(?P<that>.*?)[，, ]*{_MAY}(?:直接)?{_TELL}(?:到|给|在)?{_US}{_END}"
)
_AT_ALL = re.compile(rf"(?P<what>.*?)[，, ]*{_MAY}(?:直接)?{_TELL}(?:一下|的)?(?:吗|么|嘛|不)[？? ]*")
_OF_US = re.compile(_US)
_ASKED = re.compile(r"[吗呢？?]$|么$")
_LEADS_IN = re.compile(
    r"^(?:请问|你好|您好|同志|师傅|我?想?问(?:一下|下|问)?|那个?|像|比如|如果|要是|[，,。 ])++"
)
_NOTHING = re.compile(
    r"(?:我|我们|我家)?(?:的|这|那|这个|那个|这种|这件|我这)?(?:事情?|情况|问题)?(?:你们|该|应该|也)?"
)


def asks_us(text: str) -> str | None:
    """The matter that somebody asks whether it may be told here, or is ours; empty for “能找你们反映吗”."""
    return _matter(_TO_US, text) if _OF_US.search(text) else None


def may_be_reported(text: str) -> str | None:
    """The same where it is not said to whom: “黑网吧能举报吗”."""
    return _matter(_AT_ALL, text)


def _matter(pattern: re.Pattern[str], text: str) -> str | None:
    said = simplified(text).strip()
    found = pattern.fullmatch(said) if len(said) <= _LONGEST and _ASKED.search(said) else None
    if found is None:
        return None
    groups = found.groupdict()
    matter = _LEADS_IN.sub("", groups["what"] or groups.get("that") or "").strip(" ，,")
    if _NOTHING.fullmatch(matter):
        return ""
    return matter if len(matter) >= _LEAST_MATTER else None
