"""What is said in a filing: its questions with what was heard, the summary, the receipt."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.talk import privacy_notice
from bot.talk.danger_phrases import first_number
from bot.talk.session import Draft
from bot.talk.ticket_phrases import after_hours
from bot.wechat_text import link, quote
from bot.wording import label, say_time
from classifier.signals import Emergency
from routing.citizen_request import RequestType, Secrecy

CONTACT = "请留一个手机号，方便工作人员联系您。\n不想留也可以。"
SECRECY_NOTES = {
    Secrecy.PUBLIC: "单位能看到，方便联系您",
    Secrecy.SECRET: "单位看不到，由热线转告",
    Secrecy.ANONYMOUS: "不留电话姓名，在这里告诉您结果",
}
CONSENT = "提交后，这些内容只用来办理您这件事。"
APPLICANT = "请发您的姓名和手机号。比如：张三 13812345678。\n申请公开，法律要求写明是谁。"
_COUNTS = ("", "一", "两", "三", "四", "五", "六")


def several(parts: tuple[str, ...]) -> str:
    """The requests heard in one message, before they are filed apart."""
    listed = "\n".join(f"（{n}）{quote(part, 60)}" for n, part in enumerate(parts, 1))
    return (
        f"您说的好像是{_COUNTS[len(parts)]}件事：\n{listed}\n要分开登记吗？分开登记，各由各的单位办，办得快。"
    )


def applicant() -> str:
    """Who applies for information gives a name and a number; the law asks for both."""
    return f"{APPLICANT}\n{privacy_notice.SHORT}"


def same_matter(told: str, now: str) -> str:
    """An earlier filing waits, and something else is told: are they one?"""
    before = f"“{quote(told, 60)}”" if told else "（照片）"
    return f"您有一件事还没填完：{before}\n刚才您说“{quote(now, 60)}”，是同一件事吗？"


def which_of(matters: tuple[str, ...]) -> str:
    """Asked beside a report: which matter was meant is asked once that is filed."""
    listed = "\n".join(f"（{n}）{quote(matter, 40)}" for n, matter in enumerate(matters, 1))
    return f"您问的可能是下面这几件事，等会儿请说清楚是哪一件：\n{listed}"


def next_of_several(text: str) -> str:
    return f"还有一件：“{quote(text, 60)}”"


def contact(*, agreed: bool) -> str:
    """The question for a number; until the citizen has agreed, with what becomes of it."""
    return CONTACT if agreed else f"{CONTACT}\n{privacy_notice.SHORT}"


def reads_like(request_type: RequestType, text: str) -> str:
    return f"您说的是：\n“{quote(text)}”\n是要{label(request_type)}吗？我帮您登记。"


def summary(draft: Draft) -> str:
    """What will be filed, exactly, so that a misunderstanding is seen before it is sent."""
    assert draft.request_type is not None
    assert draft.secrecy is not None
    who = " ".join(p for p in (draft.name, draft.phone) if p) or "没有留"
    if draft.tier:
        return "\n".join(
            [
                "请看一看，对不对：",
                "依申请公开",
                f"要的信息：{quote(draft.text, 240)}",
                f"申请人：{quote(who, 40)}",
                "身份证明：工作人员会联系您核对",
            ]
        )
    lines = [
        "请看一看，对不对：",
        f"类型：{label(draft.request_type)}",
        f"内容：{quote(draft.text, 240)}",
        f"地点：{quote(draft.place, 60) if draft.place else '没有说'}",
        f"联系：{quote(who, 40)}",
        f"身份：{label(draft.secrecy)}（{SECRECY_NOTES[draft.secrecy]}）",
    ]
    if draft.pictures:
        lines.append(f"照片：{len(draft.pictures)}张")
    if draft.voices:
        lines.append(f"语音：{len(draft.voices)}段，工作人员会听")
    return "\n".join([*lines, CONSENT])


def pictures_received(count: int) -> str:
    return f"照片收到了，一共{count}张。"


def place_noted(place: str) -> str:
    return f"地点记下了：{quote(place, 60)}"


def place_by_code(place: str) -> str:
    """The place of the scanned code is taken, and said, so that it can be changed."""
    return f"地点按您扫的码：{quote(place, 60)}。不是这里，最后一步可以改。"


def place_received(place: str) -> str:
    return f"位置收到了：{quote(place, 60)}"


def filed(
    *,
    number: str,
    code: str,
    unit: str | None,
    promised_at: datetime | None,
    explanation: str,
    opens_at: datetime | None,
    now: datetime,
    page: str | None = None,
    elder: bool = False,
    urgent: bool = False,
    within: timedelta | None = None,
    danger: Emergency | None = None,
) -> str:
    """``within``: how soon what is urgent is handed to somebody, by the profile's own limit."""
    lines = ["登记好了。", f"工单号：{number}", f"查询码：{code}"]
    if urgent:
        lines[1:1] = [_urgently(within, unit), f"有危险别等，快打{first_number(danger)}。"]
    lines.append(f"承办单位：{unit}" if unit else "承办单位：工作人员正在确定，定了告诉您")
    if promised_at:
        # What is urgent is not done by then: only the letter about it is.
        lines.append(f"{'事后书面答复，最晚' if urgent else '最晚答复：'}{say_time(promised_at, now=now)}")
        if explanation and not elder and not urgent:
            lines.append(f"（{explanation}）")
    if opens_at:
        lines.append(f"{after_hours(opens_at, now=now)}开始办。")
    if page:
        lines.append(f"详情：{link('点这里看进度', page)}")
    return "\n".join([*lines, "有了结果，我在这里告诉您。", "还有照片，直接发过来就行。"])


def _urgently(within: timedelta | None, unit: str | None) -> str:
    if within is None:
        return "这是急事，已按紧急件办，白天夜里都有人管。"
    minutes = max(1, round(within.total_seconds() / 60))
    soon = f"{minutes}分钟" if minutes < 120 else f"{minutes // 60}小时"
    return f"这是急事，已按紧急件办：{soon}内{'有人接手' if unit else '派到人'}，白天夜里都有人管。"


def subscribe(page: str) -> str:
    """Consent to notices is given on a page; without it they still come here while the chat is open."""
    return f"想收到办理通知，请{link('点这里订阅', page)}。"


def left_out(why: str) -> str:
    return f"这件事刚才已经登记，您后来改的没有加进去。\n{why}"


def kept_secrecy(secrecy: Secrecy) -> str:
    return (
        f"这件事刚才已经登记，身份还是“{label(secrecy)}”（{SECRECY_NOTES[secrecy]}）。\n"
        "要改请拨打12345，报工单号。"
    )
