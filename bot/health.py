"""How the service is, in words an official understands: each line says how it stands and, if ill, what to do."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.delivery.say import say_failure
from bot.hotline.platform_circuit import PlatformCircuit
from bot.pulse import Pulse
from bot.services import Services
from bot.wording import say_time
from routing.store import Sweep

SLOW_S = 0.2
SILENT_AFTER = timedelta(minutes=5)
"""The slowest sweep pauses half a minute after a failure; nightly ones turn as often and find nothing to do."""
BEHIND_AFTER = timedelta(minutes=10)
LEAST_FREE = 0.1
"""MongoDB stops taking writes when its disk is full; a tenth is time enough to act."""
_MOST_COUNTED = 1000
_WAIT_S = 2.0

SWEEPS = {
    "deliver_notices": "发送通知",
    "check_deadlines": "核对时限、发出提醒",
    "answer_late_messages": "补发来不及当场回的消息",
    "settle_links": "办结并案工单",
    "enter_applications": "登记依申请公开",
    "fetch_photos": "取回市民的照片",
    "write_down_questions": "记下市民问过的问题",
    "keep_figures": "汇总考核指标",
}
"""The sweeps whose standing still a person would notice; the others are counted with them."""


class Tone(StrEnum):
    """How a line stands."""

    WELL = "met"
    LOOK = "soon"
    ILL = "late"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing watched: what it is, how it stands, and what to do if it is not well."""

    about: str
    tone: Tone
    says: str
    to_do: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading of the page with its lines."""

    title: str
    lines: tuple[Line, ...]


async def examine(services: Services, *, now: datetime) -> list[Part]:
    """Everything, the stores first: without them the rest cannot be known."""
    mongo = await _timed("数据库（工单都在这里）", services.database.command("ping"))
    redis = await _timed("缓存（会话和登录）", services.redis.ping())
    parts = [Part("存储", (mongo, redis, *_disk(services)))]
    if mongo.tone is not Tone.ILL:
        if redis.tone is not Tone.ILL:
            parts.append(Part("后台任务", await _worker(services, now)))
            if services.wechat_accounts:
                parts.append(Part("微信公众号", await _accounts(services)))
        if services.settings.hotline_callback_url and redis.tone is not Tone.ILL:
            parts.append(Part("上级平台", (await _platform(services, now),)))
        parts.append(Part("待办积压", await _queues(services, now)))
    parts.append(Part("模型、知识库和规则", _models(services, now)))
    return parts


def worst(parts: list[Part]) -> Tone:
    tones = {line.tone for part in parts for line in part.lines}
    return next((tone for tone in (Tone.ILL, Tone.LOOK) if tone in tones), Tone.WELL)


async def _timed(about: str, ping: Awaitable[object]) -> Line:
    started = time.perf_counter()
    try:
        await asyncio.wait_for(ping, _WAIT_S)
    except Exception:
        return Line(
            about,
            Tone.ILL,
            "连不上",
            "请马上联系运维人员检查这台服务器。恢复以前，新诉求会先暂存或请市民重发。",
        )
    seconds = time.perf_counter() - started
    said = f"正常，{seconds * 1000:.0f} 毫秒"
    if seconds > SLOW_S:
        return Line(about, Tone.LOOK, f"偏慢，{seconds * 1000:.0f} 毫秒", "如果一直偏慢，请联系运维人员。")
    return Line(about, Tone.WELL, said)


def _disk(services: Services) -> tuple[Line, ...]:
    """The disk of our own data directory; a database elsewhere is watched where it runs."""
    try:
        usage = shutil.disk_usage(services.settings.data_dir)
    except OSError:
        return ()
    free = usage.free / usage.total
    said = f"还剩 {usage.free / 1e9:.0f} GB（{free:.0%}）"
    if free < LEAST_FREE:
        return (Line("本机磁盘", Tone.ILL, said, "请尽快清理或扩容；写满以后就收不了新诉求。"),)
    return (Line("本机磁盘", Tone.WELL, said),)


async def _worker(services: Services, now: datetime) -> tuple[Line, ...]:
    done, failed = await Pulse(services.redis).last()
    if not done:
        return (Line("后台程序", Tone.ILL, "没有动静", "通知和提醒都停了。请启动 huiyin work。"),)
    lines = []
    for sweep, about in SWEEPS.items():
        at, broke = done.get(sweep), failed.get(sweep)
        if at is None or now - at > SILENT_AFTER:
            since = f"{say_time(at, now=now)}以后没有动静" if at else "没有动静"
            lines.append(Line(about, Tone.ILL, since, "请检查 huiyin work 是否在运行，并查看它的日志。"))
        elif broke is not None and broke >= at - timedelta(minutes=1):
            lines.append(Line(about, Tone.LOOK, "刚才出过错，正在重试", "如果一直这样，请查看后台日志。"))
        else:
            lines.append(Line(about, Tone.WELL, "正常"))
    return tuple(lines)


async def _accounts(services: Services) -> tuple[Line, ...]:
    """Whether WeChat takes our calls: a wrong secret or a server not on its list closes the circuit."""
    lines = []
    for name, account in services.wechat_accounts.items():
        code = await services.wechat_clients[name].refused_with()
        if code is None:
            lines.append(Line(account.title, Tone.WELL, "正常"))
        else:
            to_do = "请核对公众号的 AppSecret、IP 白名单和接口权限，错误码的含义见微信文档。"
            lines.append(Line(account.title, Tone.ILL, f"微信拒绝我们的调用（{code}）", to_do))
    return tuple(lines)


async def _platform(services: Services, now: datetime) -> Line:
    """Whether the platform above takes what becomes of its tickets."""
    about, code = "回传办理情况", await PlatformCircuit(services.redis).closed_for()
    late = {Sweep.CALLBACKS.value: {"$lte": now - BEHIND_AFTER}}
    behind = await services.database["tickets"].count_documents(late, limit=_MOST_COUNTED)
    if code is not None:
        to_do = "会一直重试，不会丢。请联系上级平台；地址和密钥见设置，每一条见送达记录。"
        return Line(about, Tone.ILL, say_failure(code), to_do)
    return _backlog(about, behind, "张工单") if behind else Line(about, Tone.WELL, "正常")


async def _queues(services: Services, now: datetime) -> tuple[Line, ...]:
    """What should have been done ten minutes ago and was not."""
    tickets, late = services.database["tickets"], services.database["late_messages"]
    behind = now - BEHIND_AFTER
    notices = await tickets.count_documents({Sweep.OUTBOX.value: {"$lte": behind}}, limit=_MOST_COUNTED)
    clocks = await tickets.count_documents({Sweep.DEADLINES.value: {"$lt": behind}}, limit=_MOST_COUNTED)
    messages = await late.count_documents(
        {"kept_at": {"$lte": behind}, "done_at": None, "broken": None}, limit=_MOST_COUNTED
    )
    unread = await late.count_documents({"broken": True}, limit=_MOST_COUNTED)
    lines = [
        _backlog("该发没发的通知", notices, "张工单"),
        _backlog("到点没提醒的时限", clocks, "张工单"),
        _backlog("还没回的市民消息", messages, "条"),
    ]
    if unread:
        to_do = "多半是更换密钥时漏了旧密钥。请核对密钥设置，重启后会再试。"
        lines.append(Line("读不出的市民消息", Tone.ILL, f"{unread} 条", to_do))
    return tuple(lines)


def _backlog(about: str, count: int, measure: str) -> Line:
    if not count:
        return Line(about, Tone.WELL, "没有")
    said = f"{count if count < _MOST_COUNTED else f'{_MOST_COUNTED - 1}+'} {measure}"
    return Line(about, Tone.LOOK, said, "超过十分钟没处理。请检查后台任务；发不出的通知见送达记录。")


def _models(services: Services, now: datetime) -> tuple[Line, ...]:
    entries = len(services.answerer)
    lines = [
        Line("分类模型", Tone.WELL, f"在用 {services.model.card.version}"),
        Line(
            "知识库",
            Tone.WELL if entries else Tone.LOOK,
            f"{entries} 条",
            "" if entries else "请编辑先发布条目。",
        ),
    ]
    alarms = [
        *services.live.current.alarms,
        *filter(None, [services.live_answers.alarm, services.rules.alarm(now)]),
    ]
    lines += [Line("提醒", Tone.LOOK, alarm) for alarm in alarms]
    return tuple(lines)
