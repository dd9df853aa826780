"""What each figure is called, how it is counted, and what its tickets are called in Chinese."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from routing.figures.counting import Exclusion, FigureName, Flow


class Meaning(NamedTuple):
    """``terms`` is read as numerator ÷ denominator; ``counted`` and ``other`` name a ticket in and out of the numerator."""

    title: str
    terms: str
    counted: str
    other: str


MEANINGS: dict[FigureName, Meaning] = {
    FigureName.SIGN_IN_ON_TIME: Meaning("按时签收率", "按时签收 ÷ 到期的签收时限", "按时", "未按时"),
    FigureName.FIRST_CONTACT_ON_TIME: Meaning(
        "先行联系率", "按时联系 ÷ 到期的先行联系时限", "按时", "未按时"
    ),
    FigureName.CLOSED_ON_TIME: Meaning(
        "按时办结率",
        "按时办结 ÷ 到期的答复时限，超期未办和逾期后才撤单、并案的也算在分母里",
        "按时",
        "未按时",
    ),
    FigureName.CLOSED_EARLY: Meaning(
        "提前办结率", "比最初承诺的日期至少早一天办结（延期的不算）÷ 本期办结", "提前办结", "未提前"
    ),
    FigureName.CLOSED: Meaning("办结率", "已办结 ÷ 本期受理，不含撤单、不予受理和并案件", "已办结", "未办结"),
    FigureName.OVERDUE_OPEN: Meaning(
        "逾期在办", "此刻已超过承诺日期 ÷ 此刻在办，不受期间影响", "已逾期", "未逾期"
    ),
    FigureName.REPLIED: Meaning(
        "回复率", "已答复（含随主件答复的重复件）÷ 本期受理，不含撤单和不予受理", "已答复", "未答复"
    ),
    FigureName.REPLIED_PUBLICLY: Meaning(
        "公开回复率", "答复已公开 ÷ 本期受理中已答复且市民选择公开的", "已公开", "未公开"
    ),
    FigureName.RETURNED: Meaning(
        "退单率", "同意退回 ÷ 本期受理工单交给各单位的次数（派单、改派、下派）", "已退回", "未退回"
    ),
    FigureName.MISDISPATCHED: Meaning(
        "误派率", "因误派同意退回 ÷ 本期受理工单的派单和改派次数，责任在派单方", "误派", "未误派"
    ),
    FigureName.UNREASONABLE_RETURNS: Meaning(
        "无理退单率", "退单申请被驳回 ÷ 本期受理工单交给各单位的次数，责任在申请单位", "无理退单", "无"
    ),
    FigureName.EXTENDED: Meaning(
        "延期率", "批准延期的 ÷ 本期受理，不含撤单、不予受理和并案件", "已延期", "未延期"
    ),
    FigureName.REOPENED: Meaning("重办率", "办结后又重办 ÷ 本期办结", "重办", "未重办"),
    FigureName.REPEATED: Meaning(
        "重复诉求率",
        "同一人再次反映、并入先前工单或因同一事项不予受理 ÷ 本期受理，不含撤单",
        "重复",
        "不重复",
    ),
    FigureName.RESPONDED: Meaning("响应率", "按时联系过市民 ÷ 本期有效回访", "已响应", "未响应"),
    FigureName.SOLVED: Meaning(
        "解决率", "市民认可已解决或解释清楚 ÷ 本期有效回访（口径一）", "已解决", "未解决"
    ),
    FigureName.REALLY_SOLVED: Meaning(
        "实际解决率", "实际解决 ÷（实际解决＋解释说明）（口径二）", "实际解决", "解释说明"
    ),
    FigureName.SATISFIED: Meaning("满意率", "基本满意及以上 ÷ 有效评价，没评价的不算满意", "满意", "不满意"),
    FigureName.SATISFIED_WEIGHTED: Meaning(
        "满意率（加权）", "非常满意＋满意＋0.8×基本满意 ÷ 有效评价", "满意", "不满意"
    ),
    FigureName.RECTIFIED: Meaning("差评整改率", "重办并再次办结 ÷ 本期差评", "已整改", "未整改"),
    FigureName.REVISITED: Meaning("差评回访率", "回访到市民本人 ÷ 本期差评", "已回访", "未回访"),
}

FIGURE_WORDS: dict[type[StrEnum], dict[Any, str]] = {
    FigureName: {name: meaning.title for name, meaning in MEANINGS.items()},
    Exclusion: {
        Exclusion.NOT_YET_DUE: "尚未到期",
        Exclusion.WITHDRAWN: "已撤单",
        Exclusion.REJECTED: "不予受理",
        Exclusion.NO_LONGER_APPLIES: "时限已取消",
        Exclusion.LINKED: "并案",
        Exclusion.SUSPENDED: "挂账",
        Exclusion.EXCLUSION_UPHELD: "申诉剔除",
        Exclusion.UNSOLVED: "未解决",
        Exclusion.NOT_PUBLIC: "保密或匿名",
    },
    Flow: {
        Flow.RECEIVED: "受理",
        Flow.REOPENED: "重办",
        Flow.RESOLVED: "办结",
        Flow.WITHDRAWN: "撤单",
        Flow.REJECTED: "不予受理",
    },
}
