"""The Chinese words of the audit: neutral, since a figure asks a question and a person answers it."""

from __future__ import annotations

from routing.audit.bias import LONG_FROM, SHORT_BELOW, GroupBy, Length, Measure, Standing
from routing.audit.checks import Axis, LeftOut
from routing.audit.types import Doubt

AXES = {Axis.UNIT: "按单位", Axis.TOPIC: "按内容分类"}
LEFT_OUT = {
    LeftOut.NOT_TRIAGED: "机器没有给出单位",
    LeftOut.STILL_OPEN: "还没有答复",
    LeftOut.ANSWERED_BY_THE_CENTRE: "热线中心直接答复",
    LeftOut.WITHDRAWN: "已撤单",
    LeftOut.REJECTED: "不予受理",
}
MEASURES = {
    Measure.AUTOMATIC: "自动派单率",
    Measure.NOT_CORRECTED: "自动派单未改派率",
    Measure.DISPATCHED_IN_TIME: "按时派单率",
    Measure.REPLIED_IN_TIME: "按时答复率",
}
MEANINGS = {
    Measure.AUTOMATIC: "机器直接派单 ÷ 机器看过的工单",
    Measure.NOT_CORRECTED: "最后由机器派的单位答复 ÷ 机器直接派单且已有单位答复的工单",
    Measure.DISPATCHED_IN_TIME: "时限内派出 ÷ 派单时限已有结果或已到期的工单，只看第一次派单",
    Measure.REPLIED_IN_TIME: "承诺日期内办结 ÷ 答复时限已有结果或已到期的工单",
}
VERDICTS = {
    Measure.AUTOMATIC: ("机器直接派单", "由人派单"),
    Measure.NOT_CORRECTED: ("机器派的单位办的", "改由别的单位办"),
    Measure.DISPATCHED_IN_TIME: ("按时派出", "未按时派出"),
    Measure.REPLIED_IN_TIME: ("按时答复", "未按时答复"),
}
"""What a ticket in the numerator is called, and one in the denominator only."""
GROUPS = {
    GroupBy.DISTRICT: "区县",
    GroupBy.TOWNSHIP: "乡镇街道",
    GroupBy.CHANNEL: "受理渠道",
    GroupBy.LENGTH: "诉求长短",
}
LENGTHS = {
    Length.SHORT: f"短（不足{SHORT_BELOW}字）",
    Length.MEDIUM: f"中（{SHORT_BELOW}至{LONG_FROM - 1}字）",
    Length.LONG: f"长（{LONG_FROM}字及以上）",
}
STANDINGS = {Standing.WORSE: ("late", "▼ 低于总体"), Standing.BETTER: ("met", "▲ 高于总体")}
"""(tone, words) of the groups that are pointed out."""
DOUBTS = {Doubt.MILDER: "措辞像投诉、举报，登记得轻", Doubt.LONGER: "登记的类型答复期限更长"}
DOUBT_MEANINGS = {
    Doubt.MILDER: "登记类型比措辞轻 ÷ 措辞明确是投诉或举报的工单",
    Doubt.LONGER: "登记类型的答复期限晚于措辞类型的期限 ÷ 措辞明确的工单",
}
PLACE_UNKNOWN = "地点不明"
