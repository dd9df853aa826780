"""A sentence for every refusal, that a person can act on; a test requires the table to be complete."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from bot import people, staff
from bot.date_words import say_time
from bot.intake import TextTooLong
from bot.labels import LABELS
from bot.photos.kinds import PhotoRefused, PhotosBusy
from routing import errors
from routing.acts.reviews import ReviewKind
from routing.disclosure.acts import DisclosureError
from routing.timing.sla import PauseReason
from routing.workflow import Action, Role, State

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
    "consents": "第三方同意还是不同意",
    "ground": "决定和依据",
    "register": "哪一本台账",
}
_ACTS_BESIDE = {"reveal": "查看联系方式", "open": "打开这一页"}
"""What roles are asked for beside the ticket's own actions."""


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
