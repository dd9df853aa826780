"""From when and until when a document holds, by its own words.

「本办法自2024年5月1日起施行，有效期5年」: the last day is the day before the fifth anniversary. What is said of another
document (《…》自…起施行) or of a licence (有效期3个月的许可证) is not said of this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge_base.importing.dates import WRITTEN_DAY, WRITTEN_END, after, day_of, end_of
from knowledge_base.importing.numerals import NUMERAL, folded, number_of

_HOLDS = r"(?:正式|暂时|暂)?(?:施行|实施|执行|生效|试行|适用|启用)"
_ISSUED = r"(?:公布|发布|印发|颁布|下发|通过|签发|批准|颁发|发文|公告|通告|公示)"
_TERM = r"(?:有效|执行|施行|实施|试行|政策)期限?\s*(?:暂定)?\s*(?:为|是|:)?"
_SINCE_DAY = re.compile(
    rf"(?:自|从|于|由|在|即)?\s*({WRITTEN_DAY})\s*(?:\d{{1,2}}\s*[时点:]\s*(?:\d\d分?)?|零时|零点)?\s*(?:起|开始|之日起|以后)?\s*,?\s*"
    rf"(?:在全[省市县区国]\S{{0,6}})?{_HOLDS}"
)
_SINCE_SHORT_DAY = re.compile(
    rf"自\s*(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*日\s*(?:\d{{1,2}}\s*[时点:]\s*|零时)?\s*起\s*{_HOLDS}"
)
_SINCE_ISSUE = re.compile(
    rf"(?:自|从)\s*(?:本\S{{1,6}}?)?(?:修订|修改|正式)?(?:{_ISSUED}(?:之)?日?|即日)\s*起\s*(?:(?:满|的)?\s*({NUMERAL})\s*(?:个)?\s*(工作日|日|天|个月|月)\s*(?:之?后|起)?)?\s*,?\s*{_HOLDS}"
    rf"|{_TERM}\s*自\s*\S{{0,6}}?{_ISSUED}之日起(?=\s*的?\s*{NUMERAL}\s*(?:年|个月))"
    rf"|{_HOLDS}(?:日期|时间)?\s*(?:为|:)\s*(?:自)?{_ISSUED}之日|自{_ISSUED}之日起有效"
)
_FROM_TO = re.compile(
    rf"(?:{_HOLDS}|有效|政策|执行|实施)?(?:期限?|时间|日期)?\s*[:为是]?\s*(?:自|从)?\s*({WRITTEN_DAY})\s*(?:起)?\s*[,]?\s*(?:至|到|-+)\s*({WRITTEN_END})"
    r"\s*(?:止|结束|期间有效|有效)?"
)
_LASTS = re.compile(
    rf"(?:有效期限?|施行期限?|试行期限?|实施期限?|执行期限?|期限)\s*(?:暂定|暂)?(?:为|是|:)?\s*({NUMERAL})\s*(年|个月|月|天|日)(?!的|以|内)"
    rf"|(?:试行|有效|暂行)\s*({NUMERAL})\s*(年|个月)(?!的|以|内)"
    rf"|{_TERM}\s*自\s*\S{{0,6}}?({_ISSUED}之日)起\s*的?\s*({NUMERAL})\s*(年|个月)"
    rf"|({_ISSUED}之日|施行之日|实施之日)起\s*({NUMERAL})\s*(年|个月)\s*(?:内有效|止|有效)"
)
_LASTS_UNTIL = re.compile(
    rf"(?:有效期限?|失效日期|截止(?:日期|时间)?|期限|有效|执行|实施|施行|试行|延续|延长)\s*(?:截?止?至|到|为|:|截止(?:日期|时间)?(?:到|至|为))+\s*(?:止)?\s*({WRITTEN_END})"
    rf"|至\s*({WRITTEN_END})\s*(?:止|废止|失效|终止|结束)|({WRITTEN_END})\s*(?:自动|自行|起)?\s*(?:失效|终止执行|停止执行)"
)
_NO_DAY = re.compile(
    r"有效期(?:限)?(?:至|为|到)([^,，。；\d]{2,30})|截止日期([^,，。；\d]{0,12}另行[^,，。；\d]{2,8})"
)
_KIND = (
    "通知|办法|规定|条例|细则|意见|公告|通告|决定|方案|措施|法|规则|解释|制度"
    "|标准|政策|文件|章程|规程|规范|预案|指南|指引|导则|令|规划|计划|批复|函|准则|守则|决议|清单|目录|安排|要点|纪要|公约"
)
_SELF = re.compile(
    rf"(?<![基根成资日样文剧版])本[\u4e00-\u9fff]{{0,8}}?(?:{_KIND})|上述|以上(?:{_KIND}|各|所有|\S{{0,4}}措施)|该(?:{_KIND})|现予"
)
_SELF_ENDS = re.compile(
    rf"(?:{_SELF.pattern})(?!第|规定的|所称)[^,、]{{0,14}}?(?:有效|{_HOLDS}|失效|废止|到期|截止|试行)"
)
_OPENING = re.compile(
    rf"^\s*(?:[第\d一二三四五六七八九十百（(]+[条、.)）]+\s*)?(?:附则|(?:{_HOLDS}|有效|政策)?(?:时间|日期|期限|期))?[\s:,]*(?:自|从|有效期|执行|实施|{WRITTEN_DAY})"
)
_PERIOD_FIRST = re.compile(
    r"^\s*(?:[第\d一二三四五六七八九十百（(]+\s*[条、.)）]+\s*)?(?:政策|文件)?(?:有效期限?|施行期限?|试行期限?|执行期限|失效日期|有效时间|执行时间|实施期限|政策期限)"
)
_QUOTED_SUBJECT = re.compile(r"《([^》]+)》\s*(?:\([^)]*\)|（[^）]*）)?\s*(?:已)?\s*$")


@dataclass(frozen=True, slots=True)
class Validity:
    """What a text says of its own validity; ``open_end`` quotes an end that is no day (至疫情结束)."""

    effective_on: date | None = None
    expires_on: date | None = None
    open_end: str = ""


def validity_of(text: str, *, published_on: date | None, title: str = "") -> Validity:
    """The days a document holds; ``published_on`` resolves 自发布之日起. The last such sentence decides."""
    effective: date | None = None
    expires: date | None = None
    open_end = ""
    for sentence in _sentences(text):
        start = _start(sentence, published_on, title)
        if start is not None:
            effective = start
        if start is None and not _ends_itself(sentence):
            continue
        expires = _end(sentence, effective or published_on) or expires
        if match := _NO_DAY.search(sentence):
            open_end = (match[1] or match[2]).strip()
    return Validity(effective, expires, "" if expires else open_end)


def _sentences(text: str) -> list[str]:
    """Sentences of the folded text, a semicolon ends one too; brackets under a title are their own."""
    return [part for part in re.split(r"[。；;\n]", folded(text).replace("，", ",")) if part.strip()]


def _start(sentence: str, published_on: date | None, title: str) -> date | None:
    found: list[tuple[int, date]] = []
    for match in _SINCE_DAY.finditer(sentence):
        if _about_itself(sentence, match.start(), title) and (day := day_of(match[1])):
            found.append((match.start(), day))
    if published_on is not None:
        for match in _SINCE_ISSUE.finditer(sentence):
            if _about_itself(sentence, match.start(), title) and (day := _delayed(match, published_on)):
                found.append((match.start(), day))
        for match in _SINCE_SHORT_DAY.finditer(sentence):
            if _about_itself(sentence, match.start(), title) and (day := _in_year(match, published_on)):
                found.append((match.start(), day))
    if not found and (period := _FROM_TO.search(sentence)) and _speaks_of_validity(sentence, title):
        return day_of(period[1])
    return found[-1][1] if found else None


def _end(sentence: str, start: date | None) -> date | None:
    if match := _LASTS_UNTIL.search(sentence):
        return end_of(next(part for part in match.groups() if part))
    if (match := _FROM_TO.search(sentence)) and _speaks_of_validity(sentence, ""):
        return end_of(match[2])
    if start is not None and (match := _LASTS.search(sentence)):
        groups = [part for part in match.groups() if part and not part.endswith("之日")]
        return _last_day(start, groups[0], groups[1])
    return None


def _last_day(start: date, count: str, unit: str) -> date | None:
    number = number_of(count)
    if not number:
        return None
    if unit == "年":
        end = after(start, years=number)
    elif "月" in unit:
        end = after(start, months=number)
    else:
        end = after(start, days=number)
    return end - timedelta(days=1) if end else None


def _speaks_of_validity(sentence: str, title: str) -> bool:
    return bool(
        re.search(rf"有效期|{_HOLDS}(?:期|时间|日期)|执行期限|本\S{{1,6}}(?:有效|{_HOLDS})", sentence)
    ) and (_about_itself(sentence, 0, title) or bool(_OPENING.match(sentence)))


def _ends_itself(sentence: str) -> bool:
    """Whether a sentence that names no first day may name this document's last one: 「本办法有效期五年」."""
    unquoted = re.sub(r"《[^》]*》", "", sentence)
    return bool(_SELF_ENDS.search(unquoted)) or bool(_PERIOD_FIRST.match(sentence))


def _about_itself(sentence: str, at: int, title: str) -> bool:
    """Whether what stands ``at`` in the sentence is said of this document."""
    ahead = sentence[:at]
    clause = ahead[max(ahead.rfind(","), ahead.rfind(":")) + 1 :]
    if quoted := _QUOTED_SUBJECT.search(clause):
        return quoted[1] in title
    if _SELF.search(re.sub(r"《[^》]*》", "", ahead if at else sentence)):
        return True
    if sentence.startswith("(") and re.search(
        r"通过|公布|发布|印发|批准", ahead
    ):  # the bracket under a title
        return True
    return bool(
        _OPENING.match(sentence) or re.search(r"现予(?:公布|发布|印发)|请遵照执行|经\S{2,30}通过", ahead)
    )


def _delayed(match: re.Match[str], published_on: date) -> date | None:
    if not match[1]:
        return published_on
    number = number_of(match[1])
    if not number:
        return published_on
    return after(published_on, months=number) if "月" in match[2] else after(published_on, days=number)


def _in_year(match: re.Match[str], published_on: date) -> date | None:
    """自5月1日起: of the year it was published, or the next when that lies months back."""
    try:
        day = date(published_on.year, int(match[1]), int(match[2]))
        return day.replace(year=day.year + 1) if (published_on - day).days > 180 else day
    except ValueError:
        return None
