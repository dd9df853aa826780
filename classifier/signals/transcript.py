"""How usable the transcript of a call is, and what the operator should still ask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from classifier.signals.danger import hears_by_rule
from classifier.signals.matters import matters_named
from classifier.signals.request_type import guess_by_rule, names_a_request


class TranscriptLevel(StrEnum):
    """Whether a ticket can be written from a transcript as it stands."""

    GOOD = "good"
    USABLE = "usable"
    POOR = "poor"


class Gap(StrEnum):
    """What is missing from a transcript, or makes it hard to read."""

    NO_MATTER = "no_matter"
    NO_PLACE = "no_place"
    NO_TIME = "no_time"
    NO_DEMAND = "no_demand"
    MANY_FILLERS = "many_fillers"
    MANY_REPETITIONS = "many_repetitions"
    MANY_UNFINISHED = "many_unfinished"
    ONE_SIDED = "one_sided"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True)
class TranscriptQuality:
    """The shares are of the citizen's characters or sentences, between 0 and 1."""

    level: TranscriptLevel
    gaps: tuple[Gap, ...]
    filler_share: float
    repeated_share: float
    unfinished_share: float
    citizen_turns: int
    operator_turns: int


_TURN = re.compile(
    r"(?:^|(?<=[\s。！？；]))(?:(?P<operator>话务员|坐席|接线员|客服|工作人员|热线)|(?P<citizen>市民"
    r"|来电人|群众|诉求人|客户|用户|来话人))\s*\d*\s*[：:]\s*"
)
_FILLER = re.compile(
    r"嗯+|呃+|额(?=[，、…。\s])|唔|啊(?=[，、…\s]|就|那|我|这)|哦|喔|诶+|哎+|唉|喂+|那个那个"
    r"|那个(?=[，、…。\s]|什么|就是|嘛|呢)|这个这个|这个(?=[，、…。\s]|那个|什么|就是|嘛|呢)"
    r"|就是说|就是(?=[，、…。\s]|那个|这个|就是)|然后(?=[，、…。\s]|就是|那个|然后|呢)|怎么说呢?"
    r"|你(?:知道|晓得|懂)(?:吧|吗|不)|对吧|是吧|是不是啊|反正就是|什么的"
)
_REPEATED = re.compile(r"([\u4e00-\u9fff]{1,6}?)(?:[，、…\s]*\1)+")
_DOUBLED = re.compile(
    r"([天年月日人家处时次个回慢好常刚爸妈爷奶哥姐弟妹叔星谢看问说试想等听找查谈聊修帮弄讲催走坐歇管每多层种样件条种户栋家代早早快稍渐偷悄仅往偏明白整轻重大小高满点坑洼疙吵嚷吞吐干净清楚断续陆续冷热哈呵拜乖])\1"
)
_SENTENCE = re.compile(r"[^。！？!?…\n]+[。！？!?…]*")
_UNFINISHED = re.compile(
    r"(?:…+|\.{3,}|—+)[。\s]*$|(?:那个|这个|就是|然后|但是|可是|因为|所以|如果|还有|我想|我们|他们|我"
    r"|或者|而且|的话|跟|和|在|把|被|去|想|说)[，、]?[。\s]*$"
)
_HANZI = re.compile(r"[\u4e00-\u9fff]")

_PLACE = re.compile(
    r"小区|花园|家园|公寓|新村|号楼|[一二三四五六七八九十\d]+[栋幢号单]|单元|[\u4e00-\u9fff]{1,4}(?:路"
    r"|街|巷|道|大道|广场|桥|村|组|镇|乡|街道|社区|县|区|市场|公园|医院|学校|小学|中学|幼儿园|车站"
    r"|超市|大厦|中心)"
    r"(?!灯|面|口有)|\d+路"
)
_TIME = re.compile(
    r"[今昨明前后]天|今早|今晚|昨晚|早上|上午|中午|下午|晚上|夜里|半夜|凌晨"
    r"|[一二两三四五六七八九十几\d]+(?:天|个?月|年|周|个?星期|个?小时|点|分钟|日|号)|上周|上个?月|去年"
    r"|今年|刚才|刚刚|现在|目前|最近|一直|每天|天天|周[一二三四五六日末]|星期|礼拜|到现在|至今|长期"
    r"|经常"
)
_DEMAND = re.compile(
    r"希望|要求|请(?!问)|想(?:要|让|请|问|咨询|知道|了解|投诉|反映|举报|建议)|能不能|可不可以|能否"
    r"|麻烦|帮(?:我|忙|着)|解决|处理|修(?:一?下|好)|投诉|举报|建议|咨询|请问|怎么(?:办|申请|交|补|领"
    r"|查)|多少|吗|什么时候|赔|退(?:款|钱|给)|管管|管一管|查一?下|查查|换一?个|给个说法"
)
_QUESTION = "consultation"
_NEEDS_TIME = frozenset({"help", "complaint"})
_FEWEST_HANZI = 12
_TOO_MANY_FILLERS, _TOO_MANY_REPETITIONS, _TOO_MANY_UNFINISHED = 0.12, 0.12, 0.34
_POOR_NOISE = 0.5
_TELLING = frozenset({Gap.NO_MATTER, Gap.NO_PLACE, Gap.NO_TIME, Gap.NO_DEMAND, Gap.TOO_SHORT})


def judge_transcript(text: str) -> TranscriptQuality:
    """What is missing from a call's transcript; without speaker marks all of it is taken as the citizen's.

    A question needs neither place nor time, a suggestion no time; who reports danger is asked the place only.
    """
    citizen, operator_turns, citizen_turns = _turns(text)
    said = "".join(citizen)
    characters = max(1, len(_HANZI.findall(said)))
    fillers = sum(len(_HANZI.findall(found.group(0))) for found in _FILLER.finditer(said))
    repeated = _repeated_characters(said)
    sentences = [one for turn in citizen for one in _SENTENCE.findall(turn) if _HANZI.search(one)]
    unfinished = sum(
        _UNFINISHED.search(one.rstrip("。！？!?")) is not None or one.rstrip().endswith("…")
        for one in sentences
    )
    shares = (
        min(1.0, fillers / characters),
        min(1.0, repeated / characters),
        unfinished / max(1, len(sentences)),
    )
    gaps = (
        *_missing(said, characters),
        *_noise(shares),
        *(
            (Gap.ONE_SIDED,)
            if citizen_turns == 0 or (operator_turns > 2 and citizen_turns <= operator_turns / 3)
            else ()
        ),
    )
    return TranscriptQuality(
        level=_level(gaps, shares),
        gaps=gaps,
        filler_share=round(shares[0], 3),
        repeated_share=round(shares[1], 3),
        unfinished_share=round(shares[2], 3),
        citizen_turns=citizen_turns,
        operator_turns=operator_turns,
    )


def _turns(text: str) -> tuple[list[str], int, int]:
    """What the citizen says, the number of the operator's turns, and of the citizen's."""
    marks = list(_TURN.finditer(text))
    if not marks:
        return [text], 0, 1 if _HANZI.search(text) else 0
    citizen: list[str] = []
    operator_turns = 0
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        if mark.group("operator"):
            operator_turns += 1
        elif (said := text[mark.end() : end].strip()) and _HANZI.search(said):
            citizen.append(said + "\n")
    return citizen, operator_turns, len(citizen)


def _repeated_characters(said: str) -> int:
    lost = 0
    for found in _REPEATED.finditer(said):
        if not _DOUBLED.fullmatch(found.group(0)):
            lost += len(_HANZI.findall(found.group(0))) - len(found.group(1))
    return lost


def _missing(said: str, characters: int) -> tuple[Gap, ...]:
    gaps = []
    plain = _REPEATED.sub(r"\1", _FILLER.sub("", said))
    danger = hears_by_rule(plain) is not None
    type_said = guess_by_rule(plain).label
    asks = type_said == _QUESTION
    matter = danger or names_a_request(plain) or bool(matters_named(plain))
    if not matter:
        gaps.append(Gap.NO_MATTER)
    if not asks and not _PLACE.search(plain):
        gaps.append(Gap.NO_PLACE)
    if type_said in _NEEDS_TIME and not danger and not _TIME.search(plain):
        gaps.append(Gap.NO_TIME)
    if not danger and not _DEMAND.search(plain):
        gaps.append(Gap.NO_DEMAND)
    if characters < _FEWEST_HANZI and not danger and not (asks and matter):
        gaps.append(Gap.TOO_SHORT)
    return tuple(gaps)


def _noise(shares: tuple[float, float, float]) -> tuple[Gap, ...]:
    limits = (_TOO_MANY_FILLERS, _TOO_MANY_REPETITIONS, _TOO_MANY_UNFINISHED)
    kinds = (Gap.MANY_FILLERS, Gap.MANY_REPETITIONS, Gap.MANY_UNFINISHED)
    return tuple(kind for kind, share, limit in zip(kinds, shares, limits, strict=True) if share > limit)


def _level(gaps: tuple[Gap, ...], shares: tuple[float, float, float]) -> TranscriptLevel:
    missing = _TELLING.intersection(gaps)
    if Gap.NO_MATTER in missing or len(missing) >= 3 or shares[0] + shares[1] > _POOR_NOISE:
        return TranscriptLevel.POOR
    return TranscriptLevel.USABLE if gaps else TranscriptLevel.GOOD
