"""What a careful colleague would say of an answer before it goes to the citizen: each doubt named, none of them final.

Pure: the ticket's words, the answer and a way to look a citation up go in, findings come out. Whoever sends all the
same says why, and the reason stays with the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from knowledge_base.importing.numbers import numbers_in
from routing.redaction import redact
from routing.resemblance.likeness import Ints, shipped_shares, sketch


class Doubt(StrEnum):
    """What may be wrong with an answer; the order is that of the page."""

    OFF_THE_POINT = "off_the_point"
    TOO_SHORT = "too_short"
    EMPTY_WORDS = "empty_words"
    PASSES_THE_BUCK = "passes_the_buck"
    PROMISES_A_DATE = "promises_a_date"
    PERSONAL_DATA = "personal_data"
    UNKNOWN_CITATION = "unknown_citation"
    LAPSED_CITATION = "lapsed_citation"
    UNFILLED = "unfilled"


class Standing(StrEnum):
    """How the library knows what an answer cites."""

    HOLDS = "holds"
    LAPSED = "lapsed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """A doubt and the words it is about, in the answer's own spelling (empty where it is about all of it)."""

    doubt: Doubt
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The findings a person saw and sent the answer in spite of, and why: kept with the answer."""

    doubts: tuple[Doubt, ...]
    reason: str


LookUp = Callable[[str], Standing]
"""A 文号 or the title of a law or document → how the library knows it."""

_LEAST_SHARED = 3.0
"""Rarity of what question and answer both say, in natural logarithms: less is not even one telling word."""
_TELLING = 2.0
"""What is no rarer stands in one message of seven, and tells nothing of the matter."""
# Long texts share much by chance. Fitted by logistic regression to 3,000 published answers and as many given to another
# question of the same city, none of them among those ``tests/benchmarks/bench_reply_check.py`` measures on: the square
# root of the telling rarity both share, and the logarithms of what each says.
_BY_SHARED, _BY_ASKED, _BY_REPLY, _CONSTANT = 1.545, -1.593, -2.062, 18.505
_LEAST_FIT = -2.6
_PRIOR_REQUESTS = 500.0
_LEAST_WORDS = 10
_QUOTED = 40

_HAN = re.compile(r"[\u4e00-\u9fff]")
_COURTESY = re.compile(
    r"(?:尊敬的)?(?:网友|市民|群众|居民|来电人|诉求人|[\u4e00-\u9fff]{1,3}(?:先生|女士))?(?:朋友|同志)?[，,：:！!]?\s?(?:您好|你好)"
    r"|(?:您|你)?(?:反映|咨询|提出|来信|来电|投诉|建议)?的?(?:问题|事项|诉求|留言|来信|来电|情况)?(?:已)?(?:经)?(?:收悉|收到|知悉|获悉)"
    r"|(?:现)?(?:将)?(?:有关|相关)?(?:情况)?(?:答复|回复|反馈|告知)如下"
    r"|(?:衷心|非常|再次)?感谢(?:您|你)?(?:一直以来)?(?:的|对)?[^。！!；;\n]{0,24}(?:支持|关心|关注|监督|理解|配合|信任|反映|来信|来电|建议)"
    r"|(?:特此|专此)(?:回复|答复|告知|函复)|祝(?:您|你)[^。！!\n]{0,12}|此致|敬礼"
    r"|(?:我|本)?(?:单位|局|街道|部门|中心|委|办|镇|区|县)?(?:对此)?(?:高度|非常|十分)重视"
    r"|(?:已|将|会)?(?:及时|尽快|积极|认真|立即|第一时间)?(?:转|转交|转给|转至|转办|交由|交办|反馈)(?:给|至|到)?(?:相关|有关|责任|主管|职能)(?:部门|单位|科室|人员)"
    r"(?:处理|办理|研究|核实|跟进)?"
    r"|(?:正在|将|会|已)?(?:尽快|及时|积极|抓紧|认真|进一步|依法依规)(?:地)?(?:处理|办理|研究|核实|解决|协调|推进|跟进|落实)"
    r"|(?:请|望)(?:您|你)?(?:知悉|谅解|理解|耐心等待|见谅)|敬请(?:谅解|理解|关注)"
    r"|我们将?(?:不断|继续|进一步)?(?:努力|改进|提升服务)[^。！!\n]{0,12}"
)

_OFFICE = (
    r"(?:相关|有关|其他|其它|上级|主管|职能|属地|责任|所属|当地)(?:职能|主管|行政)?(?:部门|单位|机关|政府)"
    r"|[\u4e00-\u9fff]{1,12}?(?:局|委员会|委|办公室|街道办事处|街道|镇政府|部门|单位|法院|公司|物业)"
)
_NOT_OURS = re.compile(
    r"不(?:属于?|在|归)(?:我|本)?(?:单位|局|委|街道|镇|中心|部门|办|乡|县|区|公司)?(?:的)?[^。；;，,\n]{0,8}(?:职责|职权|管辖|管理|受理|监管|业务)(?:范围|权限)?"
    r"|(?:非|无)(?:我|本)(?:单位|局|委|街道|镇|中心|部门)[^。；;，,\n]{0,4}(?:职责|管辖|职权)"
    r"|不归(?:我|我们|本)?(?:单位|局|委|街道|镇|中心|部门|办|乡|县|区|公司)?管"
)
_GO_THERE = re.compile(
    rf"(?:请|建议|可|需|望|应)(?:您|你|市民|来电人|诉求人|业主|居民)?(?:自行|直接|先)?(?:可以?)?(?:与|向|到|去|找|联系|咨询|致电|拨打|前往)"
    rf"(?:{_OFFICE})(?:联系|反映|咨询|投诉|申请|处理|解决|核实|沟通|了解|举报)?"
)
_AT_WORK = re.compile(
    r"核实|现场|调查|走访|经查|查明|整改|责令|维修|修复|更换|清理|清运|疏通|安装|施划|约谈|处罚|立案|协调|检查|巡查|督促"
    r"|告知|会同|联合|安排|组织|派人|派员|已联系|完成|规定|根据|按照|依据|标准|条件|材料|流程|条例|办法"
)

_FORMULA = re.compile(
    r"(?:经(?:过)?(?:我局|我单位|我们)?(?:认真|初步)?(?:核实|核查|查|调查|了解|研究)|(?:按照|依据|根据|依照)(?:有关|相关)?(?:规定|职责分工|职能分工|要求|法律法规))[，,：:]?"
    r"|(?:您|你)(?:所)?(?:反映|咨询|投诉|提出)的?(?:[^，。；\n]{0,12})?(?:问题|事项|情况)?"
)

_DAY = (
    r"(?:\d{1,2}|[一二三四五六七八九十两]{1,3})个?(?:工作)?(?:日|天|周|星期|月|小时)(?:之?内|以内)"
    r"|(?:(?:20\d{2}年)?\d{1,2}月(?:\d{1,2}[日号]|[上中下]旬|底|初)?|(?:本|下|这|下个|本个)(?:周[一二三四五六日末]?|月(?:底|初|中旬)?|季度|年度?)|(?:今|明|后)(?:天|年)(?:底|上半年|下半年)?"
    r"|年底|月底|周末|春节|国庆|汛期|元旦|五一)(?:之?前|以前|底前)"
)
_VOW = re.compile(
    rf"(?:我(?:们|单位|局|委|街道|镇|中心|公司|方)|本(?:单位|局|中心|街道))[^。；;！!\n]{{0,16}}?(?:{_DAY})[^。；;！!\n]{{0,14}}?(?:完成|解决|整改|修好|修复|办结|到位|处理|落实|答复|回复)"
    rf"|(?:承诺|保证|确保|一定|必定|务必)[^。；;，,！!\n]{{0,10}}?(?:{_DAY})[^。；;！!\n]{{0,14}}"
    rf"|(?:将|会)(?:于|在)?(?:{_DAY})[^。；;，,！!\n]{{0,8}}?(?:完成|解决|修好|修复|办结|处理|答复|回复)"
)
_ORDERED = re.compile(r"责令|要求|督促|责成|限期|敦促|通知其|规定|应当|应在|须|需在")

_PRIVATE = ("[手机号]", "[身份证号]", "[银行卡号]", "[姓名]", "[微信号]", "[QQ号]", "[车牌]")
_TITLE = re.compile(r"《([^《》\n]{3,60})》")
_IS_LAW = re.compile(
    r"(?:法|条例|规定|办法|细则|意见|通知|方案|决定|规则|标准|规范|通告|公告|措施|目录|纲要)(?:[（(][^（）()]{1,20}[)）])?$"
)
_GAP = re.compile(r"[{｛][^{}｛｝\n]{1,12}[}｝]|[_＿]{3,}|[×xX]{3,}|(?:某某|XX)(?:局|街道|路)")


def check_reply(
    reply: str, *, asked: str, look_up: LookUp = lambda cited: Standing.HOLDS
) -> tuple[Finding, ...]:
    """Every doubt about ``reply`` as the answer to ``asked`` (title, text and what was added later), each kind once."""
    reply = reply.strip()
    if not reply:
        return ()
    found = [
        *_says_little(reply),
        *_passes_the_buck(reply),
        *_promises(reply),
        *_personal(reply),
        *_citations(reply, look_up),
        *_gaps(reply),
    ]
    doubts = {each.doubt for each in found}
    if not doubts & {Doubt.TOO_SHORT, Doubt.EMPTY_WORDS} and not _shares_the_matter(asked, reply):
        found.append(Finding(Doubt.OFF_THE_POINT))
    first = {each.doubt: each for each in reversed(found)}
    return tuple(first[doubt] for doubt in Doubt if doubt in first)


def shared_rarity(asked: str, reply: str) -> float:
    """How much question and answer have in common: the rarity of the words and pairs of characters both say."""
    return float(_rarity(_both(_keys(asked), _keys(reply))).sum())


def fit(asked: str, reply: str) -> float:
    """How well the answer fits the question, for texts as long as these; higher is better, and below ``_LEAST_FIT``
    more likely the answer to another question."""
    one, other = _keys(asked), _keys(reply)
    shared = np.maximum(_rarity(_both(one, other)) - _TELLING, 0).sum()
    said, answered = _rarity(one).sum(), _rarity(other).sum()
    lengths = _BY_ASKED * np.log1p(said) + _BY_REPLY * np.log1p(answered)
    return float(_BY_SHARED * np.sqrt(shared) + lengths + _CONSTANT)


def _keys(text: str) -> Ints:
    return sketch(f"\n{text}").keys


def _both(one: Ints, other: Ints) -> Ints:
    both: Ints = np.intersect1d(one, other, assume_unique=True)
    return both


def _rarity(keys: Ints) -> npt.NDArray[np.float64]:
    shares = shipped_shares()
    if shares is None:
        return np.full(keys.size, _LEAST_SHARED)
    having = _PRIOR_REQUESTS * shares[keys].astype(np.float64)
    rarity: npt.NDArray[np.float64] = np.log((_PRIOR_REQUESTS + 1) / (having + 0.5))
    return np.maximum(rarity, 0)


def _shares_the_matter(asked: str, reply: str) -> bool:
    said = _COURTESY.sub("，", reply)
    if shared_rarity(asked, said) < _LEAST_SHARED:
        return False
    return shipped_shares() is None or fit(asked, said) >= _LEAST_FIT


def _says_little(reply: str) -> list[Finding]:
    if len(_HAN.findall(reply)) < _LEAST_WORDS:
        return [Finding(Doubt.TOO_SHORT)]
    if len(_HAN.findall(_COURTESY.sub("", reply))) < _LEAST_WORDS:
        return [Finding(Doubt.EMPTY_WORDS)]
    return []


def _passes_the_buck(reply: str) -> list[Finding]:
    """Sent elsewhere with nothing done and nothing explained; naming whom to ask besides is good service."""
    not_ours, there = _NOT_OURS.search(reply), _GO_THERE.search(reply)
    away = not_ours or there
    if away is None:
        return []
    rest = _COURTESY.sub("", reply[: away.start()] + reply[away.end() :])
    if not_ours and there:
        # 经核实 and 按照规定 before “not ours, go there” name neither what was found nor which rule.
        rest = _FORMULA.sub("", _GO_THERE.sub("", rest))
    if _AT_WORK.search(rest) or len(_HAN.findall(rest)) > 4 * _LEAST_WORDS:
        return []
    return [Finding(Doubt.PASSES_THE_BUCK, away[0][:_QUOTED])]


def _promises(reply: str) -> list[Finding]:
    """A day the unit itself binds itself to; a limit it set to somebody else, or that a rule sets, is none."""
    for vow in _VOW.finditer(reply):
        sentence = re.split(r"[。；;！!\n]", reply[: vow.start()])[-1] + vow[0]
        if not _ORDERED.search(sentence):
            return [Finding(Doubt.PROMISES_A_DATE, vow[0][:_QUOTED])]
    return []


def _personal(reply: str) -> list[Finding]:
    """Numbers and names of people. Telephones of offices and addresses of the matter belong into an answer."""
    hidden = redact(reply)
    kinds = [kind for kind in _PRIVATE if hidden.count(kind) > reply.count(kind)]
    return [Finding(Doubt.PERSONAL_DATA, "、".join(kind.strip("[]") for kind in kinds))] if kinds else []


def cited_in(reply: str) -> tuple[str, ...]:
    """The 文号 and the titles of laws and documents an answer names."""
    numbers = [each.number for each in numbers_in(reply)]
    titles = [title.strip() for title in _TITLE.findall(reply) if _IS_LAW.search(title.strip())]
    return tuple(dict.fromkeys([*numbers, *titles]))


def _citations(reply: str, look_up: LookUp) -> list[Finding]:
    by_standing: dict[Standing, list[str]] = {}
    for cited in cited_in(reply)[:8]:
        by_standing.setdefault(look_up(cited), []).append(cited)
    doubts = ((Standing.UNKNOWN, Doubt.UNKNOWN_CITATION), (Standing.LAPSED, Doubt.LAPSED_CITATION))
    return [
        Finding(doubt, "、".join(by_standing[standing][:3]))
        for standing, doubt in doubts
        if standing in by_standing
    ]


def _gaps(reply: str) -> list[Finding]:
    gap = _GAP.search(reply)
    return [Finding(Doubt.UNFILLED, gap[0])] if gap else []


def to_override(findings: Sequence[Finding], shown: Sequence[str]) -> bool:
    """Whether somebody who saw ``shown`` saw all that is found now: a reason given for one doubt excuses no other."""
    return {each.doubt for each in findings} <= set(shown)
