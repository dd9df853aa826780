"""The learning loop in Chinese: what a gate refused, what drifted, how a training stands."""

from __future__ import annotations

from bot.learning.progress import RunState
from bot.learning.registry import ModelKind, ModelState, SwitchAction
from classifier.drift import DriftState, Level, Signal
from classifier.gate import Refusal, Rule

KINDS = {ModelKind.TOPICS: "主题模型", ModelKind.UNITS: "单位模型"}
STATES = {
    ModelState.CANDIDATE: "待批准",
    ModelState.APPROVED: "已批准",
    ModelState.LIVE: "在用",
    ModelState.RETIRED: "已停用",
    ModelState.REFUSED: "未通过",
}
RUNS = {
    RunState.RUNNING: "进行中",
    RunState.DONE: "完成",
    RunState.SKIPPED: "未训练",
    RunState.FAILED: "失败",
}
ACTIONS = {SwitchAction.PROMOTED: "启用", SwitchAction.ROLLED_BACK: "回退"}
STAGES = {
    "read": "读取",
    "cross-validate": "交叉验证",
    "fit": "训练",
    "compare": "与在用模型对比",
}
SHIPPED = "随附模型"
"""What is at work while no trained model is."""


def without(kind: ModelKind) -> str:
    """What is at work of a kind that has no trained model live: no model of units ships."""
    return SHIPPED if kind is ModelKind.TOPICS else "无（未启用）"


def refusal_words(refusal: Refusal) -> str:
    """Which class, by how much, on how many messages."""
    rows, label = f"{refusal.rows} 件", f"“{refusal.label}”"
    before, after = f"{refusal.before:.1%}", f"{refusal.after:.1%}"
    chance = "" if refusal.p is None else f"，偶然如此的可能不到 {_chance(refusal.p)}"
    match refusal.rule:
        case Rule.TOO_FEW_ROWS:
            return f"经人确认的近期工单只有 {rows}，无法比较"
        case Rule.LABEL_LOST:
            return f"{label}不再识别（近期有 {rows}）"
        case Rule.CLASS_WORSE:
            return f"{label}变差：F1 从 {before} 到 {after}（{rows}{chance}）"
        case Rule.OVERALL_WORSE:
            return f"总体变差：正确率从 {before} 降到 {after}（{rows}{chance}）"
        case Rule.CALIBRATION_WORSE:
            return f"把握度虚高：虚高的部分从 {before} 升到 {after}（{rows}）"
        case Rule.COVERAGE_LOWER:
            return f"能自动决定的从 {before} 降到 {after}（{rows}）"
        case Rule.DECIDES_LESS:
            return f"自动决定且正确的从 {before} 降到 {after}（{rows}{chance}）"
        case Rule.LABELS_CONTRADICT:
            return f"{label}的新标注与以往矛盾：一致的从 {before} 降到 {after}（新标注 {rows}{chance}）"


def _chance(p: float) -> str:
    return "万分之一" if p < 0.0001 else "千分之一" if p < 0.001 else "百分之一" if p < 0.01 else "百分之五"


LEVELS = {Level.CALM: "正常", Level.TIGHTENED: "已收紧", Level.STOPPED: "已停止自动派单"}
SIGNALS = {
    Signal.LABEL_MIX: "近七天诉求类别的分布与以往不同",
    Signal.CONFIDENCE: "模型的平均把握度下降",
    Signal.UNKNOWN_WORDS: "没见过的词变多",
    Signal.AUDIT_PRECISION: "抽查正确率低于目标",
    Signal.CORRECTIONS: "自动派单被改派、退回偏多",
}


def drift_reasons(state: DriftState) -> str:
    """Why the gate is not as usual; empty when nothing is conspicuous."""
    reasons = [SIGNALS[each.signal] for each in state.measures if each.drifting]
    if state.stopped:
        reasons.append(f"{'、'.join(state.stopped)}错派偏多，由人派单")
    return "；".join(reasons)


def drift_words(state: DriftState) -> str:
    """What supervisors are told when the gate changes."""
    reasons = drift_reasons(state)
    match state.level:
        case Level.STOPPED:
            said = "自动派单已停止，全部由人派单"
        case Level.TIGHTENED:
            said = f"自动派单已收紧（所需把握度提高 {state.tightened_by:.0%}）"
        case Level.CALM:
            said = "自动派单正常" if not state.stopped else "部分类别停止自动派单"
    return f"{said}：{reasons}。" if reasons else f"{said}。"
