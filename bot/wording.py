"""The Chinese label of every vocabulary people see, and a sentence for every refusal.

The words of notices stand in ``bot.notice_wording``, the sentences of the dialogue in ``bot.talk.phrases``.
A test requires both tables here to be complete.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot import people, staff
from bot.figure_wording import FIGURE_WORDS
from bot.intake import TextTooLong
from bot.photos.kinds import PhotoRefused, PhotosBusy
from bot.triage_wording import SIGNALS
from bot.triage_wording import say_reason as say_reason
from bot.wechat.notice_templates import NoticeKind
from knowledge_base.article import ArticleKind, ArticleStatus, Disclosure, IssuerLevel, Validity
from knowledge_base.editing.diff import PieceKind
from knowledge_base.editing.entries import Act, Right
from knowledge_base.gaps.figures import Excluded, KnowledgeFigure
from knowledge_base.gaps.gathering import Lack
from knowledge_base.gaps.proposals import ProposalState
from knowledge_base.gaps.tasks import TaskAct, TaskKind, TaskState
from routing import errors
from routing.acts.reviews import ReviewKind
from routing.citizen_request import Applicant, Channel, RequestType, Secrecy, Urgency
from routing.clocks import ClockState
from routing.departments import UnitLevel
from routing.disclosure.acts import DisclosureError
from routing.disclosure.rules import DecisionKind, shipped_rules
from routing.duty.alarm_ladder import AlarmStep, Recipient
from routing.events import (
    Audience,
    EventKind,
    Fault,
    LetterLevel,
    NoticeChannel,
    NoticeState,
    Register,
    RejectReason,
    Rung,
    Solved,
    TryOutcome,
    VisitOutcome,
)
from routing.resemblance.hotspots import Level
from routing.timing.sla import ClockName, PauseReason
from routing.timing.working_calendar import CHINA
from routing.workflow import Action, Role, State

LABELS: dict[type[StrEnum], dict[Any, str]] = {
    RequestType: {
        RequestType.CONSULTATION: "咨询",
        RequestType.HELP: "求助",
        RequestType.COMPLAINT: "投诉",
        RequestType.REPORT: "举报",
        RequestType.SUGGESTION: "建议",
        RequestType.PRAISE: "表扬",
    },
    Channel: {
        Channel.WECHAT: "微信",
        Channel.HOTLINE: "热线电话",
        Channel.WEB: "网站",
        Channel.WALK_IN: "来访",
        Channel.LETTER: "来信",
    },
    Secrecy: {Secrecy.PUBLIC: "公开", Secrecy.SECRET: "保密", Secrecy.ANONYMOUS: "匿名"},
    Urgency: {Urgency.ORDINARY: "普通", Urgency.URGENT: "紧急"},
    State: {
        State.RECEIVED: "待派单",
        State.DISPATCHED: "待签收",
        State.ACCEPTED: "办理中",
        State.REPLIED: "已答复",
        State.LINKED: "并案办理",
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
        EventKind.REPLY_SUBMITTED: "答复送审",
        EventKind.REPLY_SENT_BACK: "答复退回修改",
        EventKind.EXTENSION_REQUESTED: "申请延期",
        EventKind.EXTENSION_GRANTED: "同意延期",
        EventKind.EXTENSION_REFUSED: "不同意延期",
        EventKind.SUSPENSION_REQUESTED: "申请挂账",
        EventKind.SUSPENSION_GRANTED: "同意挂账",
        EventKind.SUSPENSION_REFUSED: "不同意挂账",
        EventKind.MATERIAL_REQUESTED: "请市民补充材料",
        EventKind.MATERIAL_RECEIVED: "收到补充材料",
        EventKind.THIRD_PARTY_ASKED: "征求第三方意见",
        EventKind.RESUMED: "恢复办理",
        EventKind.CO_HANDLING_ASKED: "请求协办",
        EventKind.CO_HANDLING_ANSWERED: "协办回复",
        EventKind.CO_HANDLING_WAIVED: "免去协办",
        EventKind.LETTER_SENT: "发督办函",
        EventKind.LETTER_RECEIVED: "签收督办函",
        EventKind.LETTER_ANSWERED: "回复督办函",
        EventKind.RELAYED: "向下级转办",
        EventKind.RECALLED: "上级收回",
        EventKind.URGED_BELOW: "上级催办",
        EventKind.LINKED: "并案",
        EventKind.UNLINKED: "解除并案",
        EventKind.ANSWERED_WITH_PARENT: "并案答复",
        EventKind.VISITED: "回访",
        EventKind.ARCHIVED: "归档",
        EventKind.EXCLUSION_REQUESTED: "申诉剔除",
        EventKind.EXCLUSION_UPHELD: "同意剔除",
        EventKind.EXCLUSION_DISMISSED: "不同意剔除",
        EventKind.NUDGED: "提醒确认办结",
        EventKind.EMERGENCY_MARKED: "转为紧急",
        EventKind.REPLANNED: "调整期限",
        EventKind.ALARM_RAISED: "预警升级",
        EventKind.REPLY_PUBLISHED: "公开答复",
        EventKind.REPEAT_NOTED: "标为重复诉求",
        EventKind.CORRECTION_REQUESTED: "请申请人补正",
        EventKind.CORRECTION_RECEIVED: "收到补正",
        EventKind.THIRD_PARTY_HEARD: "收到第三方意见",
        EventKind.DISCLOSURE_DECIDED: "作出公开决定",
        EventKind.ENTERED: "登记造册",
        EventKind.NOTICE_REPEATED: "重新发送通知",
    },
    Fault: {Fault.MISDISPATCHED: "误派", Fault.UNREASONABLE: "无理退单"},
    RejectReason: {
        RejectReason.NOT_GOVERNMENT: "不属于政府职责范围",
        RejectReason.EMERGENCY_SERVICES: "应由110、119、120等紧急渠道处理",
        RejectReason.OTHER_POWERS: "属于党委、人大、政协、法院、检察院或军队的事项",
        RejectReason.LITIGATION: "应通过诉讼、仲裁、行政复议解决",
        RejectReason.OTHER_PROCEDURE: "已进入信访或政府信息公开程序",
        RejectReason.SECRET: "涉及国家秘密、商业秘密或他人隐私",
        RejectReason.SAME_MATTER: "同一事项正在办理，或已依法办结且没有新情况",
        RejectReason.ABUSIVE: "侮辱、谩骂或恶意骚扰",
        RejectReason.PETITION: "属于信访事项，请向信访部门反映",
        RejectReason.CONSUMER_LINE: "属于消费投诉举报，请向12315平台反映",
        RejectReason.OTHER: "其他",
    },
    LetterLevel: {LetterLevel.BLUE: "蓝色督办", LetterLevel.ORANGE: "橙色督办", LetterLevel.RED: "红色督办"},
    VisitOutcome: {
        VisitOutcome.REACHED: "已联系上",
        VisitOutcome.NOT_REACHED: "未联系上",
        VisitOutcome.REFUSED: "拒绝回访",
    },
    Solved: {Solved.REAL: "实际解决", Solved.EXPLAINED: "解释清楚", Solved.NO: "没有解决"},
    ReviewKind: {
        ReviewKind.RETURN: "退单申请",
        ReviewKind.REPLY: "答复审核",
        ReviewKind.EXTENSION: "延期申请",
        ReviewKind.SUSPENSION: "挂账申请",
        ReviewKind.EXCLUSION: "剔除申诉",
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
        ClockName.CO_HANDLING: "协办时限",
        ClockName.RELAY: "逐级办理时限",
        ClockName.REVIEW: "审批时限",
        ClockName.APPEAL: "剔除审批时限",
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
        Action.ARBITRATE: "申请退单仲裁",
        Action.DECIDE_REPLY: "审核答复",
        Action.EXTEND: "申请延期",
        Action.DECIDE_EXTENSION: "审批延期",
        Action.SUSPEND: "申请挂账",
        Action.DECIDE_SUSPENSION: "审批挂账",
        Action.ASK_MATERIAL: "请市民补充材料",
        Action.CONSULT: "征求第三方意见",
        Action.RESUME: "恢复办理",
        Action.CO_HANDLE: "请求协办",
        Action.ANSWER_CO_HANDLING: "回复协办",
        Action.WAIVE_CO_HANDLING: "免去协办",
        Action.ESCALATE: "发督办函",
        Action.RECEIVE_LETTER: "签收督办函",
        Action.ANSWER_LETTER: "回复督办函",
        Action.RELAY: "向下级转办",
        Action.RECALL: "收回转办",
        Action.URGE_BELOW: "催促下级",
        Action.LINK: "并案",
        Action.UNLINK: "解除并案",
        Action.VISIT: "登记回访",
        Action.ARCHIVE: "归档",
        Action.APPEAL_EXCLUSION: "申诉剔除",
        Action.DECIDE_EXCLUSION: "审批剔除",
        Action.MARK_EMERGENCY: "转为紧急",
        Action.NOTE_REPEAT: "标为重复诉求",
        Action.PUBLISH_REPLY: "公开答复",
        Action.ASK_CORRECTION: "请申请人补正",
        Action.HEAR_THIRD_PARTY: "登记第三方意见",
        Action.DECIDE_DISCLOSURE: "作出公开决定",
        Action.ENTER_REGISTER: "登记造册",
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
    NoticeChannel: {
        NoticeChannel.WECHAT: "微信",
        NoticeChannel.CONSOLE: "工作台",
        NoticeChannel.TELEPHONE: "电话",
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
    UnitLevel: {
        UnitLevel.PROVINCE: "省",
        UnitLevel.CITY: "市",
        UnitLevel.COUNTY: "县",
        UnitLevel.TOWNSHIP: "乡镇",
        UnitLevel.VILLAGE: "村",
    },
    **FIGURE_WORDS,
    Recipient: {
        Recipient.LIAISON: "联络员",
        Recipient.BACKUP: "备岗人员",
        Recipient.HEAD: "单位负责人",
        Recipient.SUPERVISOR: "督办员",
    },
    AlarmStep: {
        AlarmStep.REMINDER: "提醒",
        AlarmStep.URGE: "催办",
        AlarmStep.SUPERVISION: "督办",
        AlarmStep.BULLETIN: "通报",
    },
    PauseReason: {
        PauseReason.SUSPENSION: "挂账",
        PauseReason.MATERIAL: "等候补充材料",
        PauseReason.THIRD_PARTY: "征求第三方意见",
        PauseReason.CORRECTION: "等候补正",
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
    Applicant: {
        Applicant.PERSON: "公民",
        Applicant.BUSINESS: "商业企业",
        Applicant.RESEARCH: "科研机构",
        Applicant.CHARITY: "社会公益组织",
        Applicant.LEGAL_SERVICE: "法律服务机构",
        Applicant.OTHER: "其他",
    },
    Register: {Register.ENTRY: "登记", Register.RECORD: "备案", Register.ARCHIVE: "归档"},
    DecisionKind: dict(shipped_rules().kinds),
    DisclosureError: {
        DisclosureError.DECIDED: "这件申请已经作出决定，请按决定办理",
        DisclosureError.NOT_DECIDED: "请先作出公开决定，写明依据",
        DisclosureError.TOO_LATE: "规定的时间已经过了，请按现在的期限办理",
        DisclosureError.ALREADY_ASKED: "已经问过第三方，请等答复",
        DisclosureError.NOT_ASKED: "没有问过，请先发出通知",
        DisclosureError.WAITING: "补正或第三方答复的时间还没到，请再等一等",
        DisclosureError.ONCE_ONLY: "只能办一次，已经办过了，请看历史记录",
        DisclosureError.REASON_MISSING: "请写明理由",
        DisclosureError.UNKNOWN_GROUND: "没有这种决定依据，请从名单里选",
        DisclosureError.BACKWARDS: "时间早于前一步，请核对",
    },
    Level: {Level.WATCH: "关注", Level.WARNING: "预警", Level.ALARM: "警报"},
    PieceKind: {PieceKind.SAME: "未变", PieceKind.ADDED: "新增", PieceKind.REMOVED: "删去"},
}

APOLOGY = "对不起，系统刚才出了点问题，您说的话没有办成。\n请过几分钟再发一次。着急请拨打12345。"
"""What a citizen reads when answering failed; WeChat never gets an error page."""

NOT_HANDED_ON = "您刚才这一条没能转给工作人员，请再发一次。着急请拨打12345。"
"""Said where a message meant for the person at the desk came too late to be passed on."""

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
    "until": "日期",
    "amount": "延长多少",
    "solved": "是否解决",
    "outcome": "联系结果",
    "parent": "主工单号",
    "earlier": "以前的工单",
    "approved": "同意还是不同意",
}
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


def _named(vocabulary: type[StrEnum], value: str, *, otherwise: str = "这一步") -> str:
    return next((name for key, name in LABELS[vocabulary].items() if key.value == value), otherwise)


_AFTER_THE_LAST = {
    Action.REQUEST_RETURN.value: "仍有异议的，请申请退单仲裁。",
    Action.ARBITRATE.value: "请按裁定办理，需要其他单位配合的，可以请求协办。",
    Action.EXTEND.value: "请按现在的期限办理；确实办不了的，请联系热线中心。",
    Action.APPEAL_EXCLUSION.value: "请以已有的决定为准。",
    Action.ASK_MATERIAL.value: "请按手头的材料办理，或者直接联系市民。",
    Action.VISIT.value: "请等市民评价，或者归档。",
}
"""What is limited for good: waiting gives no further try."""
_IT_STANDS = "请按现在的安排办理。"
_DONE_ALREADY = {
    Action.MARK_EMERGENCY.value: "这张工单已经是紧急件。请按紧急件的期限办理。",
    Action.NOTE_REPEAT.value: "这张工单已经标过重复诉求。请看历史记录。",
    Action.PUBLISH_REPLY.value: "这个答复已经公开过。请看历史记录。",
}

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
    errors.UsedUp: lambda r: (
        f"{_named(Action, r.action)}最多{r.limit}次，不能再办。{_AFTER_THE_LAST.get(r.action, _IT_STANDS)}"
    ),
    errors.AlreadyDone: lambda r: _DONE_ALREADY.get(
        r.action, f"{_named(Action, r.action)}已经办过了。请看历史记录。"
    ),
    errors.LetterOpen: lambda r: (
        "红色督办函还没有回复，不再发新的督办函。请先催单位回复。"
        if r.red
        else "上一份督办函还在回复期限内。请等单位回复，或者超过期限再发。"
    ),
    errors.TooSoon: lambda r: (
        f"离上一次{_named(Action, r.action)}还不到{r.hours}小时。请过些时候，换个时间再打。"
    ),
    errors.WindowClosed: lambda r: f"{_named(Action, r.action)}的时间已经过了。请联系热线中心处理。",
    errors.ReviewPending: lambda r: (
        f"这张工单有一件{_named(ReviewKind, r.kind, otherwise='申请')}还在等审批。请等审批完再办。"
    ),
    errors.AlreadyThere: lambda r: "这个单位已经在办这张工单了。请另选一个单位。",
    errors.TicketPaused: lambda r: (
        f"工单现在暂停计时（{_named(PauseReason, r.reason, otherwise='暂停')}）。请先恢复办理，再办这一步。"
    ),
    errors.NotYourUnit: lambda r: (
        f"{_ACTS_BESIDE.get(r.action) or _named(Action, r.action)}要由负责的单位来办。请联系主办单位或热线中心。"
    ),
    errors.CannotReturn: lambda r: "兜底单位不能退单。请直接办理，需要其他单位配合的，可以请求协办。",
    errors.OutOfRange: lambda r: (
        f"{_FIELDS.get(r.field, '填写的内容')}不合规定，应为：{r.allowed}。请改过再提交。"
    ),
    errors.NotProvided: lambda r: f"按现行时限方案，这类工单不能{_named(Action, r.action)}。请按原期限办理。",
    errors.AnswersOwed: lambda r: (
        f"还有{len(r.unit_ids)}个协办单位没有回复。请等他们回复，或者说明理由免去协办。"
    ),
    errors.NothingToDo: lambda r: f"现在没有需要{_named(Action, r.action)}的事项。请刷新页面，看看最新进度。",
    errors.NotBelow: lambda r: "只能转给本单位的下级单位。请另选一个单位，或请热线中心改派。",
    errors.SecretLink: lambda r: (
        "这两张工单不能并案：举报、依申请公开和要求保密的诉求，请单独办理、单独答复，可以标为重复诉求。"
    ),
    errors.OwnRequest: lambda r: (
        f"{_named(Action, r.action)}不能由申请人自己来做。请另一位有权限的同事审批。"
    ),
    errors.CannotLink: lambda r: "这两张工单不能并案。请选一张还在办理、没有并入别处的工单作主工单。",
    errors.DisclosureRefused: lambda r: (
        f"现在不能{_named(Action, r.action)}：{_named(DisclosureError, r.why, otherwise='请核对申请的情况')}。"
    ),
    errors.NotOnDuty: lambda r: "现在没有这个人的班。请核对值班表，或到上班前半小时内再签到。",
    errors.SearchTooWide: lambda r: (
        "只按这几个字查，要翻的工单太多。请同时选择单位或状态，或输入完整的工单编号再查。"
    ),
    errors.UnknownYear: lambda r: f"{r.year}年的放假安排还没有录入，算不出期限。请联系管理员录入。",
    people.LoginFailed: lambda r: "用户名或密码不对。请核对后再试。",
    people.LoginLocked: lambda r: f"密码错的次数太多，账号已锁定，{say_time(r.until)}后自动解锁。",
    people.PasswordTooWeak: lambda r: (
        f"密码太简单。请至少用{people.MIN_PASSWORD}个字符，并包含字母、数字、符号中的两种。"
    ),
    people.RoleNotGiven: lambda r: "这个角色不能分配给账号或密钥。请换一个角色。",
    people.UserExists: lambda r: f"用户名“{r.username}”已经有人用了。请换一个。",
    people.SamePassword: lambda r: "新密码和现在的一样。请换一个。",
    staff.UnknownUser: lambda r: f"没有“{r.username}”这个账号。请核对登录名。",
    staff.LastAdministrator: lambda r: "这是最后一位管理员，不能停用或改成别的角色。请先新增另一位管理员。",
    staff.OwnLogin: lambda r: "不能停用自己的账号，也不能改自己的角色。请另一位管理员来做。",
    PhotoRefused: lambda r: r.words,
    PhotosBusy: lambda r: r.words,
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
