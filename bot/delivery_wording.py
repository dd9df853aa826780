"""The Chinese labels of delivery: to whom, on which way, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from bot.wechat.notice_templates import NoticeKind
from routing.events import (
    Audience,
    NoticeChannel,
    NoticeState,
    Rung,
    TryOutcome,
)

DELIVERY_WORDS: dict[type[StrEnum], dict[Any, str]] = {
    Audience: {
        Audience.CITIZEN: "市民",
        Audience.UNIT: "承办单位",
        Audience.CENTRE: "热线中心",
        Audience.PLATFORM: "上级平台",
    },
    NoticeChannel: {
        NoticeChannel.WECHAT: "微信",
        NoticeChannel.CONSOLE: "工作台",
        NoticeChannel.TELEPHONE: "电话",
        NoticeChannel.CALLBACK: "回传",
    },
    NoticeState: {
        NoticeState.QUEUED: "待发送",
        NoticeState.SENDING: "发送中",
        NoticeState.SENT: "已发出",
        NoticeState.DELIVERED: "已送达",
        NoticeState.EXPIRED: "过期未送达",
        NoticeState.FAILED: "未送达",
        NoticeState.UNKNOWN: "结果不明",
        NoticeState.WAITING: "等市民下次来信时送达",
    },
    Rung: {
        Rung.TEMPLATE: "模板消息",
        Rung.SUBSCRIPTION: "订阅通知",
        Rung.CHAT: "客服消息",
        Rung.CHAT_SHORT: "客服消息（简短）",
        Rung.SMS: "短信",
        Rung.CALLBACK: "回传",
    },
    TryOutcome: {
        TryOutcome.ACCEPTED: "已发出",
        TryOutcome.REFUSED: "被拒收",
        TryOutcome.UNKNOWN: "结果不明",
        TryOutcome.DELIVERED: "已送达",
        TryOutcome.UNDELIVERED: "未送达",
    },
    NoticeKind: {
        NoticeKind.FILED: "受理",
        NoticeKind.DISPATCHED: "派单",
        NoticeKind.PROMISED: "答复日期",
        NoticeKind.EXTENDED: "延期",
        NoticeKind.ANSWERED: "答复",
        NoticeKind.RATE: "办结评价",
        NoticeKind.OTHER: "办理进展",
    },
}
