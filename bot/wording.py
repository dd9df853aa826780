"""The Chinese label of every vocabulary people see, a sentence for every refusal, and the words of notices.

The sentences of the dialogue stand in ``bot.phrases``. A test requires both tables here to be complete.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot import people
from bot.intake import TextTooLong
from bot.triage_wording import SIGNALS
from bot.triage_wording import say_reason as say_reason
from bot.wechat_text import clip, plain, quote, tap
from knowledge_base.article import ArticleKind, ArticleStatus, Disclosure, IssuerLevel, Validity
from knowledge_base.diff import PieceKind
from knowledge_base.entries import Act, Right
from knowledge_base.figures import Excluded, KnowledgeFigure
from knowledge_base.gaps import Lack
from knowledge_base.proposals import ProposalState
from knowledge_base.tasks import TaskAct, TaskKind, TaskState
from routing import errors
from routing.citizen_request import Channel, RequestType, Secrecy, Urgency
from routing.clocks import ClockState
from routing.departments import UnitId, UnitLevel, Units
from routing.events import Audience, Event, EventKind, NoticeChannel, NoticeState
from routing.figures import Exclusion, FigureName
from routing.redaction import redact
from routing.sla import ClockName, PauseReason
from routing.ticket import Ticket
from routing.workflow import Action, Role, State
from routing.working_calendar import CHINA

LABELS: dict[type[StrEnum], dict[Any, str]] = {
    RequestType: {
        RequestType.CONSULTATION: "咨询",
        RequestType.HELP: "求助",
        RequestType.COMPLAINT: "投诉",
        RequestType.REPORT: "举报",
        RequestType.SUGGESTION: "建议",
        RequestType.PRAISE: "表扬",
    },
    Channel: {Channel.WECHAT: "微信", Channel.HOTLINE: "热线电话", Channel.WEB: "网站"},
    Secrecy: {Secrecy.PUBLIC: "公开", Secrecy.SECRET: "保密", Secrecy.ANONYMOUS: "匿名"},
    Urgency: {Urgency.ORDINARY: "普通", Urgency.URGENT: "紧急"},
    State: {
        State.RECEIVED: "待派单",
        State.DISPATCHED: "待签收",
        State.ACCEPTED: "办理中",
        State.REPLIED: "已答复",
        State.RESOLVED: "已办结",
        State.ARCHIVED: "已归档",
        State.WITHDRAWN: "已撤回",
        State.REJECTED: "不予受理",
    },
    EventKind: {
        EventKind.REGISTERED: "受理",
        EventKind.LEFT_TO_A_PERSON: "转人工派单",
        EventKind.DISPATCHED: "派单",
        EventKind.TRANSFERRED: "改派",
        EventKind.ACCEPTED: "签收",
        EventKind.CONTACTED: "先行联系",
        EventKind.REPLIED: "答复",
        EventKind.RESOLVED: "办结",
        EventKind.RETURN_REQUESTED: "申请退单",
        EventKind.RETURN_APPROVED: "同意退单",
        EventKind.RETURN_REFUSED: "不同意退单",
        EventKind.SUPPLEMENTED: "补充材料",
        EventKind.REMINDED: "催办",
        EventKind.RATED: "评价",
        EventKind.REOPENED: "重办",
        EventKind.WITHDRAWN: "撤单",
        EventKind.REJECTED: "不予受理",
        EventKind.AT_RISK: "临期提醒",
        EventKind.OVERDUE: "超期",
    },
    ClockName: {
        ClockName.ACCEPTANCE: "受理时限",
        ClockName.DISPATCH: "派单时限",
        ClockName.SIGN_IN: "签收时限",
        ClockName.RETURN_WINDOW: "退单时限",
        ClockName.FIRST_CONTACT: "先行联系时限",
        ClockName.REPLY: "答复时限",
        ClockName.EXTENSION: "延期时限",
        ClockName.SUPERVISION_ANSWER: "督办回复时限",
        ClockName.REWORK: "重办时限",
        ClockName.FOLLOW_UP_VISIT: "回访时限",
    },
    ClockState: {
        ClockState.RUNNING: "计时中",
        ClockState.MET: "按时",
        ClockState.MISSED: "超时",
        ClockState.CANCELLED: "已取消",
    },
    Action: {
        Action.DISPATCH: "派单",
        Action.TRANSFER: "改派",
        Action.ACCEPT: "签收",
        Action.CONTACT: "先行联系",
        Action.REPLY: "答复",
        Action.RESOLVE: "办结",
        Action.ANSWER_DIRECTLY: "直接答复办结",
        Action.REQUEST_RETURN: "申请退单",
        Action.DECIDE_RETURN: "审批退单",
        Action.SUPPLEMENT: "补充材料",
        Action.REMIND: "催办",
        Action.RATE: "评价",
        Action.REOPEN: "重办",
        Action.WITHDRAW: "撤单",
        Action.REJECT: "不予受理",
    },
    Role: {
        Role.CITIZEN: "市民",
        Role.OPERATOR: "话务员",
        Role.DISPATCHER: "派单员",
        Role.LIAISON: "单位联络员",
        Role.SUPERVISOR: "督办员",
        Role.EDITOR: "知识编辑",
        Role.ADMINISTRATOR: "管理员",
        Role.AUDITOR: "审计员",
        Role.SYSTEM: "系统",
    },
    Audience: {Audience.CITIZEN: "市民", Audience.UNIT: "承办单位", Audience.CENTRE: "热线中心"},
    NoticeChannel: {NoticeChannel.WECHAT: "微信", NoticeChannel.CONSOLE: "工作台"},
    NoticeState: {
        NoticeState.QUEUED: "待发送",
        NoticeState.SENDING: "发送中",
        NoticeState.SENT: "已送达",
        NoticeState.FAILED: "未送达",
        NoticeState.UNKNOWN: "结果不明",
        NoticeState.WAITING: "等市民下次来信时送达",
    },
    UnitLevel: {
        UnitLevel.PROVINCE: "省",
        UnitLevel.CITY: "市",
        UnitLevel.COUNTY: "县",
        UnitLevel.TOWNSHIP: "乡镇",
        UnitLevel.VILLAGE: "村",
    },
    FigureName: {
        FigureName.SIGN_IN_ON_TIME: "按时签收率",
        FigureName.FIRST_CONTACT_ON_TIME: "先行联系率",
        FigureName.CLOSED_ON_TIME: "按时办结率",
        FigureName.CLOSED: "办结率",
        FigureName.OVERDUE_OPEN: "逾期在办",
        FigureName.SATISFIED: "满意率",
        FigureName.RETURNED: "退单率",
    },
    PauseReason: {
        PauseReason.SUSPENSION: "挂账",
        PauseReason.MATERIAL: "等候补充材料",
        PauseReason.THIRD_PARTY: "征求第三方意见",
    },
    **SIGNALS,
    ArticleKind: {
        ArticleKind.POLICY: "政策文件",
        ArticleKind.QUESTION: "问答",
        ArticleKind.GUIDE: "办事指南",
        ArticleKind.CATALOGUE: "信息公开目录",
    },
    ArticleStatus: {
        ArticleStatus.DRAFT: "草稿",
        ArticleStatus.BUSINESS_REVIEW: "业务审核中",
        ArticleStatus.SECRECY_REVIEW: "保密审查中",
        ArticleStatus.APPROVED: "等待公开",
        ArticleStatus.PUBLISHED: "已公开",
        ArticleStatus.EXPIRED: "已失效",
        ArticleStatus.REPEALED: "已废止",
    },
    IssuerLevel: {
        IssuerLevel.NATIONAL: "国家",
        IssuerLevel.PROVINCE: "省",
        IssuerLevel.CITY: "市",
        IssuerLevel.COUNTY: "县",
        IssuerLevel.TOWNSHIP: "乡镇",
    },
    Disclosure: {Disclosure.PROACTIVE: "主动公开", Disclosure.ON_REQUEST: "依申请公开"},
    Validity: {
        Validity.IN_FORCE: "现行有效",
        Validity.UNPUBLISHED: "未公开",
        Validity.UPCOMING: "尚未施行",
        Validity.EXPIRED: "已失效",
        Validity.REPEALED: "已废止",
    },
    TaskKind: {
        TaskKind.GAP: "群众常问未答",
        TaskKind.LAPSED_BASIS: "依据已失效",
        TaskKind.EXPIRING: "即将到期",
        TaskKind.STALE: "久未复核",
    },
    TaskState: {
        TaskState.OPEN: "待办",
        TaskState.LINKED: "条目编写中",
        TaskState.DONE: "已完成",
        TaskState.CLOSED: "已关闭",
    },
    TaskAct: {
        TaskAct.OPENED: "生成任务",
        TaskAct.ASSIGNED: "改由其他单位办理",
        TaskAct.LINKED: "关联条目",
        TaskAct.DONE: "完成",
        TaskAct.CLOSED: "关闭",
    },
    ProposalState: {
        ProposalState.OPEN: "待处理",
        ProposalState.TAKEN: "已采用",
        ProposalState.DISMISSED: "不采用",
    },
    Lack: {Lack.UNANSWERED: "没有答案", Lack.LAPSED: "原答案已失效", Lack.UNHELPFUL: "答了没用"},
    KnowledgeFigure: {
        KnowledgeFigure.ANSWERED: "命中率",
        KnowledgeFigure.SELF_SERVED: "自助解决率",
        KnowledgeFigure.HELPFUL: "有用率",
        KnowledgeFigure.STALE: "久未复核率",
        KnowledgeFigure.DAYS_TO_UPDATE: "缺口补充用时（天）",
        KnowledgeFigure.OVERDUE_TASKS: "任务逾期率",
        KnowledgeFigure.TASKS_ON_TIME: "任务按期率",
    },
    Excluded: {
        Excluded.TO_A_PERSON: "按规定转人工",
        Excluded.ELSEWHERE: "问外地的事",
        Excluded.CLOSED: "已关闭",
        Excluded.NOT_YET_DUE: "尚未到期",
    },
    Right: {
        Right.WRITE: "编写",
        Right.BUSINESS_REVIEW: "业务审核",
        Right.SECRECY_REVIEW: "保密审查",
        Right.REPEAL: "废止",
    },
    Act: {
        Act.START: "起草",
        Act.SAVE: "修改",
        Act.IMPORT: "导入",
        Act.SUBMIT: "提交审核",
        Act.APPROVE: "审核通过",
        Act.REFUSE: "退回修改",
        Act.WITHDRAW: "撤回",
        Act.DISCARD: "放弃草稿",
        Act.CONFIRM: "复核无误",
        Act.REPEAL: "废止",
        Act.EXPIRE: "提前失效",
        Act.TAKE_DOWN: "撤下",
        Act.PUBLISH: "到日公开",
        Act.LOAD: "初始载入",
    },
    PieceKind: {PieceKind.SAME: "未变", PieceKind.ADDED: "新增", PieceKind.REMOVED: "删去"},
    Exclusion: {
        Exclusion.NOT_YET_DUE: "尚未到期",
        Exclusion.WITHDRAWN: "已撤单",
        Exclusion.REJECTED: "不予受理",
        Exclusion.NO_LONGER_APPLIES: "时限已取消",
    },
}

APOLOGY = "对不起，系统刚才出了点问题，您说的话没有办成。\n请过几分钟再发一次。着急请拨打12345。"
"""What a citizen reads when answering failed; WeChat never gets an error page."""

STARS = {1: "非常不满意", 2: "不满意", 3: "基本满意", 4: "满意", 5: "非常满意"}
"""好差评 five levels; the number is the one a citizen types and the one that is stored."""

_FIELDS = {
    "text": "内容",
    "title": "标题",
    "reason": "理由",
    "basis": "依据",
    "stars": "满意度",
    "place": "地点",
    "external_number": "来件编号",
    "phone": "电话",
    "unit_id": "承办单位",
}
_REVIEWS = {"return": "退单申请"}
_ACTS_BESIDE = {"reveal": "查看联系方式", "open": "打开这一页"}
"""What roles are asked for beside the ticket's own actions."""


def label(value: StrEnum) -> str:
    """The Chinese word people read for a stored value; a missing one is a defect, so it raises KeyError."""
    return LABELS[type(value)][value]


def request_type_of(word: str) -> RequestType | None:
    """The type a Chinese label or an English value names."""
    found = (t for t, name in LABELS[RequestType].items() if word in (name, t.value))
    return next(found, None)


def explain(refused: errors.Refused) -> str:
    """One sentence a person can act on; the nearest known kind of refusal speaks for an unknown one."""
    for kind in type(refused).__mro__:
        if kind in REFUSALS:
            return REFUSALS[kind](refused)
    return REFUSALS[errors.Refused](refused)


def _named(vocabulary: type[StrEnum], value: str) -> str:
    return next((name for key, name in LABELS[vocabulary].items() if key.value == value), "这一步")


REFUSALS: dict[type[Any], Callable[[Any], str]] = {
    errors.Refused: lambda r: "这一步现在办不了。请稍后再试，或拨打12345。",
    errors.UnknownTicket: lambda r: "没有查到这张工单。请核对工单号。",
    errors.StaleTicket: lambda r: "这张工单刚刚有了新变化。请重新打开，看过再办。",
    errors.ActionNotAllowed: lambda r: (
        f"工单现在是“{_named(State, r.state)}”，不能{_named(Action, r.action)}。请先查看最新进度。"
    ),
    errors.NotYourRole: lambda r: (
        f"{_named(Role, r.role)}不能{_ACTS_BESIDE.get(r.action) or _named(Action, r.action)}。请联系有权限的同事办理。"
    ),
    errors.ExternalNumberConflict: lambda r: "这件事之前已经登记过，内容和这次不一样。请查看“我的诉求”。",
    errors.UnknownUnit: lambda r: "没有这个承办单位。请在单位名单里重新选择。",
    errors.Incomplete: lambda r: f"还缺{_FIELDS.get(r.field, '必填项')}。请补上再提交。",
    errors.TooOften: lambda r: f"{_named(Action, r.action)}最多{r.limit}次，次数已经用完。请过些时候再试。",
    errors.WindowClosed: lambda r: f"{_named(Action, r.action)}的时间已经过了。请联系热线中心处理。",
    errors.ReviewPending: lambda r: (
        f"这张工单有一件{_REVIEWS.get(r.kind, '申请')}还在等审批。请等审批完再办。"
    ),
    errors.AlreadyThere: lambda r: "工单已经在这个单位了。要改派，请另选一个单位。",
    errors.UnknownYear: lambda r: f"{r.year}年的放假安排还没有录入，算不出期限。请联系管理员录入。",
    people.LoginFailed: lambda r: "用户名或密码不对。请核对后再试。",
    people.LoginLocked: lambda r: f"密码错的次数太多，账号已锁定，{say_time(r.until)}后自动解锁。",
    people.PasswordTooWeak: lambda r: (
        f"密码太简单。请至少用{people.MIN_PASSWORD}个字符，并包含字母、数字、符号中的两种。"
    ),
    people.RoleNotGiven: lambda r: "这个角色不能分配给账号或密钥。请换一个角色。",
    people.UserExists: lambda r: f"用户名“{r.username}”已经有人用了。请换一个。",
    TextTooLong: lambda r: f"内容太长了，最多{r.limit}个字。请写短一些，或分两次提交。",
}

_WEEKDAYS = "一二三四五六日"


def say_date(at: datetime) -> str:
    """``11月24日（周二）``, in China."""
    local = at.astimezone(CHINA)
    return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）"


def say_time(at: datetime, *, now: datetime | None = None) -> str:
    """``11月24日（周二）17:30``; with ``now``, 今天 and 明天 instead of a date, and the year if it is another."""
    local = at.astimezone(CHINA)
    clock = f"{local.hour:02d}:{local.minute:02d}"
    if now is not None:
        today = now.astimezone(CHINA).date()
        near = {today: "今天", today + timedelta(days=1): "明天"}.get(local.date())
        if near:
            return f"{near}{clock}"
        if local.year != today.year:
            return f"{local.year}年{say_date(at)}{clock}"
    return f"{say_date(at)}{clock}"


# ---- notices: the citizen's in a citizen's words, the officials' without anything that names the citizen


def notice_to_citizen(ticket: Ticket, event: Event, *, units: Units) -> str:
    """What the citizen is told of one event, with what they can do next; at most 2048 bytes."""
    head = f"您的工单{ticket.number}（{quote(ticket.title or ticket.text, 20)}）"
    unit = _unit_name(event.unit_id or ticket.unit_id, units) or "承办单位"
    promise = ticket.promise
    by = f"最晚{say_time(promise.due_at)}答复您。" if promise else "有结果马上告诉您。"
    said = clip(plain(event.text or ""), 900)
    match event.kind:
        case EventKind.DISPATCHED:
            return f"{head}已转给{unit}办理。\n{by}"
        case EventKind.TRANSFERRED:
            return f"{head}改由{unit}办理。\n{by}"
        case EventKind.REPLIED:
            return f"{head}有答复了。\n{unit}：{said}\n\n还有要说的，请点{tap('补充')}。"
        case EventKind.RESOLVED:
            reply = clip(plain(ticket.reply_text or ""), 900)
            stars = "\n".join(tap(word) for word in reversed(STARS.values()))
            answer = f"\n{unit}：{reply}" if reply else ""
            return f"{head}办结了。{answer}\n\n办得怎么样？请点一个，或者打字：满意、不满意。\n{stars}"
        case EventKind.REJECTED:
            return f"{head}没有受理。\n原因：{said}\n有不明白的，请拨打12345。"
        case EventKind.REOPENED:
            return f"{head}重新办理了。\n{by}"
        case _:
            return f"{head}有新进展：{label(event.kind)}。\n查看请点{tap('我的诉求')}。"


def notice_to_official(ticket: Ticket, event: Event, *, units: Units) -> str:
    """One line for a unit's or the centre's console; free text is redacted."""
    head = f"{ticket.number}「{quote(redact(ticket.title or ticket.text), 24)}」"
    said = f"：{quote(redact(event.text), 60)}" if event.text else ""
    match event.kind:
        case EventKind.DISPATCHED | EventKind.TRANSFERRED:
            return f"新工单 {head}{_until(ticket, ClockName.SIGN_IN, '签收')}"
        case EventKind.REOPENED:
            return f"重办工单 {head}{said}{_until(ticket, ClockName.SIGN_IN, '签收')}"
        case EventKind.AT_RISK | EventKind.OVERDUE:
            which = label(event.clock) if event.clock else "时限"
            clock = ticket.clock(event.clock) if event.clock else None
            due = f"，期限{say_time(clock.due_at)}" if clock else ""
            state = "已超期" if event.kind is EventKind.OVERDUE else "快到期"
            unit = _unit_name(event.unit_id, units, short=True)
            return f"{state} {head}{which}{due}{f'，{unit}' if unit else ''}"
        case EventKind.RATED:
            return f"市民评价 {head}{STARS.get(event.stars or 0, '')}{said}"
        case EventKind.LEFT_TO_A_PERSON:
            return f"待人工派单 {head}{_until(ticket, ClockName.DISPATCH, '派出')}"
        case _:
            return f"{label(event.kind)} {head}{said}"


def _until(ticket: Ticket, name: ClockName, act: str) -> str:
    clock = ticket.clock(name)
    return f"，请于{say_time(clock.due_at)}前{act}" if clock else ""


def _unit_name(unit_id: UnitId | None, units: Units, *, short: bool = False) -> str | None:
    """None also for a unit that has since been dissolved."""
    try:
        unit = units.get(unit_id) if unit_id else None
    except errors.UnknownUnit:
        return None
    if unit is None:
        return None
    return unit.short_name if short else unit.name
