"""The ledger in words an operator can act on: what was tried, what came of it, and why."""

from __future__ import annotations

from bot.delivery.ladder import NO_WAY
from bot.wording import label
from routing.events import DeliveryTry, NoticeChannel, NoticeState, OutboxEntry, Rung, TryOutcome

_CODES = {
    "-1": "平台繁忙",
    "40001": "公众号凭证失效",
    "40003": "平台不认识这位市民",
    "40037": "模板编号不对",
    "43004": "市民没有关注公众号",
    "43019": "市民被列入黑名单",
    "43101": "市民没有订阅",
    "45002": "内容过长",
    "45009": "接口今天的次数用完了",
    "45011": "平台要求放慢",
    "45015": "市民48小时内没有来信",
    "45047": "客服消息条数用完了",
    "47001": "内容格式不对",
    "47003": "模板字段不合要求",
    "48001": "公众号没有这项权限",
    "48004": "接口被封禁",
    "user-block": "市民拒收",
    "system-failed": "平台发送失败",
    "no-account": "没有可用的公众号",
    "no-number": "没有能收短信的号码",
    "no-texts": "市民不要短信",
    "no-answer": "对方没有回应",
    "interrupted": "发送时服务中断",
    "not-reachable": "现在没有办法联系上",
    "sms-busy-busy": "短信网关繁忙",
    "sms-busy-rate-limited": "短信网关要求放慢",
    "sms-citizen-bad-number": "号码收不了短信",
    "sms-citizen-blocked": "市民拒收短信",
    "sms-citizen-too-many": "给这个号码的短信太多了",
    "sms-content-bad-text": "短信内容不合要求",
    "sms-account-bad-sign": "短信签名没有报备",
    "sms-account-no-balance": "短信余额不足",
    "platform-away": "连不上上级平台",
    "platform-timeout": "上级平台没有回应",
    "platform-cut-off": "上级平台中断了连接",
    "platform-no-address": "没有设置上级平台的地址",
    "platform-401": "上级平台不认可签名（401）",
    "platform-403": "上级平台不认可签名（403）",
    "platform-404": "上级平台的地址不对（404）",
    "platform-422": "上级平台不接受内容（422）",
}
_TONES = {
    NoticeState.SENT: "met",
    NoticeState.DELIVERED: "met",
    NoticeState.FAILED: "late",
    NoticeState.EXPIRED: "late",
    NoticeState.UNKNOWN: "soon",
    NoticeState.WAITING: "soon",
}


def say_state(entry: OutboxEntry) -> str:
    """Where the notice stands. On a console it is there at once; a call is made by people."""
    if entry.channel is NoticeChannel.TELEPHONE and entry.state is NoticeState.SENT:
        return "已交工作人员拨打"
    if entry.channel is NoticeChannel.CONSOLE and entry.state is NoticeState.SENT:
        return "已送达"
    if entry.failure in NO_WAY:
        return "没有发短信"
    if entry.read_at is not None:
        return "市民已看"
    return label(entry.state)


def say_way(entry: OutboxEntry, *, on_wechat: bool = True) -> str:
    """Which way it went or goes. ``on_wechat``: its citizen came by WeChat; whoever rang has the text message alone."""
    if entry.rung is not None:
        return label(entry.rung)
    by_text = entry.channel is NoticeChannel.WECHAT and (not on_wechat or entry.failure in NO_WAY)
    return label(Rung.SMS if by_text else entry.channel)


def tone_of(entry: OutboxEntry) -> str:
    if entry.failure in NO_WAY:
        return "off"
    return _TONES.get(entry.state, "off")


def say_failure(code: str | None) -> str:
    """Why; a code nobody put into words stands for itself."""
    if not code:
        return ""
    status = code.removeprefix("platform-")
    if code not in _CODES and status != code:
        return f"上级平台没有收下（{status}）"
    return _CODES.get(code, f"原因代码 {code}")


def say_try(attempt: DeliveryTry) -> str:
    """One attempt: 模板消息 被拒收（市民没有关注公众号，43004）."""
    outcome = label(attempt.outcome) if attempt.outcome is not None else "发送中"
    if not attempt.code:
        return f"{label(attempt.rung)} {outcome}"
    why = say_failure(attempt.code)
    code = f"，{attempt.code}" if attempt.code in _CODES and attempt.code.lstrip("-").isdigit() else ""
    return f"{label(attempt.rung)} {outcome}（{why}{code}）"


def try_tone(attempt: DeliveryTry) -> str:
    good = (TryOutcome.ACCEPTED, TryOutcome.DELIVERED)
    return "met" if attempt.outcome in good else ("soon" if attempt.outcome is None else "off")
