"""Every sentence the dialogue says to a citizen, and how a turn becomes one WeChat text.

Written to be read aloud to somebody of seventy: short sentences, one question at a time, what to do next.
"""

from __future__ import annotations

from datetime import date, datetime

from bot.session import FREE_TEXT_STEPS, Choice, Draft, Pick, Session, Step, Turn
from bot.wechat_text import MOST_BYTES, clip, link, plain, quote, tap
from bot.wording import STARS, label, say_time
from classifier.signals import Emergency, EmergencyKind
from knowledge_base.answering.outcome import Answer, Citation, Refusal, RefusalReason
from routing.citizen_request import RequestType, Secrecy

WELCOME = (
    "您好，这里是12345网上服务。\n"
    "问政策、反映问题、查进度，都可以在这里办。\n"
    "直接打字就行，也可以发语音。有危险请先打110、119、120。"
)
MENU = "请选一项，或者直接说您的事。"
CANCELLED = "好的，已经取消。"
WENT_HOME = "好的，回到首页。"
ASK_AWAY = "请说您想问什么。\n比如：社保卡丢了怎么补？"
THANKS = "不客气。还有事随时找我。"
GLAD = "太好了，谢谢您告诉我。"
ROBOT = "我是自动回复。要找人，回复0。"
EMPTY = "我没有收到文字。请再说一遍，或者打字告诉我。"
NOT_HEARD = "这段语音我没听清。请再说一遍，或者打字告诉我。"
UNSUPPORTED = "这种消息我还看不了。\n您可以打字、发语音、发照片，或者发位置。"
NO_SUCH_CHOICE = "没有这个选项。请点下面的字，或者回复前面的数字。"
NOTHING_TO_RATE = "您现在没有等着评价的诉求。谢谢您的关心。"
NOTHING_TO_ACT = "没有找到可以这样办的诉求。办结或撤回的诉求不能再办。"
DESCRIBE = "请说说是什么事。\n什么时候、什么情况，说清楚就行。照片也可以发，最多9张。"
TOO_SHORT = "能再说详细一点吗？\n比如：路灯坏了三天，晚上看不见路。"
TOO_LONG = "内容太长了，最多5000个字。请挑要紧的说。"
PLACE = "事情发生在哪里？\n可以发位置，也可以打字。比如：城关镇人民路12号。"
CONTACT = "请留一个手机号，方便工作人员联系您。\n不想留也可以。"
BAD_PHONE = "这个号码好像不对。请再看一看。"
NO_PHONE = "我要的是手机号。不想留，回复2。"
NOT_A_PLACE = "这里要说的是地点。"
PHONE_KEPT = "手机号记下了。"
WILL_KEEP_SECRECY = "好的，给您保密。"
SECRECY = "您的姓名和电话，要不要让办事的单位看到？"
SECRECY_NOTES = {
    Secrecy.PUBLIC: "单位能看到，方便联系您",
    Secrecy.SECRET: "单位看不到，由热线转告",
    Secrecy.ANONYMOUS: "不留电话姓名，在这里告诉您结果",
}
TYPE_NOTES = {
    RequestType.CONSULTATION: "问政策、问怎么办",
    RequestType.HELP: "请帮忙解决困难",
    RequestType.COMPLAINT: "对服务、管理不满意",
    RequestType.REPORT: "有人违法违规，一律保密",
    RequestType.SUGGESTION: "出主意、提想法",
    RequestType.PRAISE: "夸一夸办事的人",
}
WHICH_MATTER = "您问的是哪件事？\n请把事情一起说，比如：社保卡丢了去哪补？"
SORRY = "对不起，没帮上您。可以登记下来，请单位来答复您。"
SEVERAL_MATTERS = "您问的可能是下面这几件事。\n是哪一件？"
SENSITIVE = "这件事要紧，不能由机器来答，要由工作人员跟您说清楚。\n请打12345，或者登记下来，由专人联系您。"
UNIT_WILL_ANSWER = "这件事我没有现成的答案，请单位来答复您。"
CHOOSE_TYPE = "您要办哪一种？"
CONSENT = "提交后，这些内容只用来办理您这件事。"
TOO_MANY_PICTURES = "照片最多9张，这一张没有加进去。"
RESUME = "您上次有一件事还没填完。要接着填吗？"
NEW_TEXT = "内容加上了。"
DRAFT_REPLACED = "上次没填完的那件先不办了，现在登记这一件。"
NO_DRAFT = "没有没填完的事了。要反映什么，请重新说。"
SAY_AGAIN = "请重新说一遍。原来说的是："

ASK_NUMBER = "请发工单号。工单号以HY开头，在登记时的回复里。"
BAD_NUMBER = "这不像工单号。工单号以HY开头，请再看一看。"
ASK_CODE = "请发6位查询码。登记时和工单号一起给您的。"
BAD_CODE = "查询码是6个数字，请再看一看。"
CODE_BLOCKED = "查询码错得太多了，为了安全先停一小时。\n着急请拨打12345，报工单号查询。"
NONE_MINE = "您在这里还没有反映过事情。\n打电话反映的，可以用工单号来查。"
PICK_TICKET = "请选一件。"
SUPPLEMENT = "请把要补充的话或照片发过来。"
REMINDED_TODAY = "今天已经催过了，单位收到了。明天可以再催。"
SUPPLEMENTED_ENOUGH = "今天补充的次数已经满了，这一次没有加进去。\n请明天再补充。急事请拨打12345，报工单号。"
RATE = "这件事办得怎么样？请选一个。"
WHY_GOOD = "谢谢！好在哪里？再点一下就评完了。"
WHY_BAD = "对不起，没让您满意。主要是哪里不好？"
SURELY_WITHDRAW = "撤回以后，这件事就不再办了。确定要撤回吗？"
ELDER_ON = "好的，以后我说得短一些。\n想改回来，再说一次“长辈模式”。"
ELDER_OFF = "好的，改回原来的样子了。"
FLOODING = "您发得有点快，我还在看前面的。刚才这条没有办，请一分钟后再发。"

REASONS_GOOD = ("问题解决了", "办得快", "态度好", "讲得明白")
REASONS_BAD = ("问题没解决", "办得慢", "态度不好", "没人联系我", "答复看不懂")

_ELDER_BYTES = 240

_SOMEBODY_LISTENS = "您别一个人扛。现在就打12356，有人听您说。有危险打120、110。"
_IN_CASE_OF_DANGER = "如果有人正有危险，请马上打110、119或120。"
_EMERGENCY_NUMBERS = "有危险，请马上打电话：\n110 报警\n119 火灾、救援\n120 急救"


def emergency_card(emergency: Emergency) -> str:
    """The numbers to ring, before anything else; who wants to die is first offered somebody who listens. One line
    where the danger is only possible."""
    if emergency.kind is EmergencyKind.SELF_HARM:
        return _SOMEBODY_LISTENS
    if not emergency.sure:
        return _IN_CASE_OF_DANGER
    extra = {
        "gas": "\n闻到燃气味：别开关电器，开窗，人先出去。",
        "fire": "\n人先出来，别坐电梯，别回去拿东西。",
    }
    return _EMERGENCY_NUMBERS + extra.get(emergency.kind.value, "") + "\n这里不能代替报警。"


def dial(number: str) -> str:
    return f"请现在用电话直接拨{number}，这里打不出去。"


# ---- answers


def answer(found: Answer, *, elder: bool = False, page: str | None = None) -> str:
    """The passage with its source, and the page that says all of it; for elders the beginning, and somebody who will
    read them the rest."""
    text = plain(found.text)
    if elder:
        short = clip(text, _ELDER_BYTES)
        text = short if short == text else f"{short}\n想听人讲，请打12345。"
    details = f"\n详情：{link('点这里看全文', page)}" if page and not elder else ""
    return f"{clip(text, 900)}\n\n来源：{source(found.citation)}{details}"


def source(citation: Citation) -> str:
    """《标题》第七条（单位，文号，2025年3月1日发布，5月1日起施行）; the second date only where it is another one."""
    published, effective = citation.published_on, citation.effective_on
    dates = f"{_day(published)}发布"
    if effective != published:
        same_year = effective.year == published.year
        dates += f"，{_day(effective).split('年')[1] if same_year else _day(effective)}起施行"
    parts = [citation.issuer, citation.document_number, dates]
    provision = plain(citation.provision) if citation.provision else ""
    return f"《{plain(citation.title)}》{provision}（{'，'.join(plain(p) for p in parts if p)}）"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def not_known(*, nearest: bool) -> str:
    if nearest:
        return "这个问题我没有把握，不敢乱说。\n您是不是想问下面这些？"
    return "这个问题我没有把握，不敢乱说。\n可以登记成工单，请单位来答复您。"


def refused(found: Refusal) -> str:
    """Why there is no answer, and what the citizen can do instead."""
    match found.reason:
        case RefusalReason.SENSITIVE:
            return SENSITIVE
        case RefusalReason.OTHER_REGION:
            return other_region(found.named, nearest=bool(found.nearest))
        case RefusalReason.LAPSED:
            return lapsed(nearest=bool(found.nearest))
        case _:
            return not_known(nearest=bool(found.nearest))


def lapsed(*, nearest: bool) -> str:
    """What answers it no longer holds; said plainly, for an old rule quoted as new does harm."""
    return "原来的规定已经到期或者废止了，不能再拿来答您。\n" + (
        "您是不是想问下面这些？" if nearest else "可以登记成工单，请单位按新规定答复您。"
    )


def other_region(named: str | None, *, nearest: bool) -> str:
    place = plain(named) if named else "别的地方"
    here = "\n要问本地的，请点下面的字。" if nearest else ""
    return (
        f"您问的像是{place}的事。各地规定不一样，这里只答本地的。\n"
        f"请打当地的12345问一问，前面加拨当地区号。{here}"
    )


# ---- filing


def reads_like(request_type: RequestType, text: str) -> str:
    return f"您说的是：\n“{quote(text)}”\n是要{label(request_type)}吗？我帮您登记。"


def summary(draft: Draft) -> str:
    """What will be filed, exactly, so that a misunderstanding is seen before it is sent."""
    assert draft.request_type is not None
    assert draft.secrecy is not None
    who = " ".join(p for p in (draft.name, draft.phone) if p) or "没有留"
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
    return "\n".join([*lines, CONSENT])


def pictures_received(count: int) -> str:
    return f"照片收到了，一共{count}张。"


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
) -> str:
    lines = ["登记好了。", f"工单号：{number}", f"查询码：{code}"]
    lines.append(f"承办单位：{unit}" if unit else "承办单位：工作人员正在确定，定了告诉您")
    if promised_at:
        lines.append(f"最晚答复：{say_time(promised_at, now=now)}")
        if explanation:
            lines.append(f"（{explanation}）")
    if opens_at:
        lines.append(f"现在是下班时间，{say_time(opens_at, now=now)}上班后开始办。")
    return "\n".join([*lines, "有了结果，我在这里告诉您。", "还有照片，直接发过来就行。"])


def left_out(why: str) -> str:
    return f"这件事刚才已经登记，您后来改的没有加进去。\n{why}"


def kept_secrecy(secrecy: Secrecy) -> str:
    return (
        f"这件事刚才已经登记，身份还是“{label(secrecy)}”（{SECRECY_NOTES[secrecy]}）。\n"
        "要改请拨打12345，报工单号。"
    )


def person(*, opens_at: datetime | None, now: datetime) -> str:
    if opens_at is None:
        return "现在有人值班。请拨打12345，和工作人员直接说。\n也可以在这里留言，我们联系您。"
    return (
        f"现在是下班时间，{say_time(opens_at, now=now)}上班。\n"
        "急事请拨打12345。也可以在这里留言，上班后先办您的。"
    )


# ---- a ticket on its way


def about_ticket(number: str, title: str) -> str:
    return f"工单{number}：“{quote(title, 40)}”"


def rated(stars: int) -> str:
    return f"评价收到了：{STARS[stars]}。谢谢您！"


def offer_rework(stars: int) -> str:
    return f"评价收到了：{STARS[stars]}。对不起，没办好。\n要不要请单位重新办理？"


def supplemented(number: str) -> str:
    return f"收到，已经加到工单{number}里。"


def reminded(number: str) -> str:
    return f"已经帮您催了，工单{number}的承办单位会收到提醒。"


def withdrawn(number: str) -> str:
    return f"工单{number}已经撤回，不再办理。以后有事再来找我。"


def reopened(number: str, promised_at: datetime | None, *, now: datetime) -> str:
    by = f"\n最晚答复：{say_time(promised_at, now=now)}" if promised_at else ""
    return f"工单{number}已经退回重新办理。{by}"


def wrong_code(left: int) -> str:
    return f"工单号和查询码对不上。请核对后再发一次，还可以试{left}次。"


def not_yours(number: str) -> str:
    return f"工单{number}不是在这个微信里登记的。\n{ASK_CODE}"


# ---- from turn to text


def render(turn: Turn) -> str:
    """Say, menu and way out as one text of at most 2048 bytes; only what is said is ever shortened."""
    tail = "\n".join(line for line in (menu(turn.session), footer(turn.session)) if line)
    body = "\n\n".join(part for part in turn.say if part) or MENU
    room = MOST_BYTES - len(tail.encode()) - 2
    return f"{clip(body, room)}\n\n{tail}" if tail else clip(body, MOST_BYTES)


def menu(session: Session) -> str:
    """The choices with the digits that mean them."""
    first = first_digit(session.step)
    return "\n".join(
        _line(first + n, choice, noted=not session.elder) for n, choice in enumerate(session.choices)
    )


def footer(session: Session) -> str:
    """The ways out, the same everywhere: 0 a person, back, # cancel."""
    if session.step is Step.HOME:
        return f"{tap('人工', '0 人工')}　{tap('首页', '# 首页')}"
    back = "1 返回" if session.step in FREE_TEXT_STEPS else "返回"
    return f"{tap('人工', '0 人工')}　{tap('返回', back)}　{tap('取消', '# 取消')}"


def first_digit(step: Step) -> int:
    """Where the citizen writes freely, 1 always goes back; elsewhere the choices begin at 1."""
    return 2 if step in FREE_TEXT_STEPS else 1


def _line(digit: int, choice: Choice, *, noted: bool) -> str:
    # A ticket's number says nothing without its note.
    noted = noted or choice.pick is Pick.TICKET
    note = f"　{choice.note}" if choice.note and noted else ""
    return f"{digit} {tap(choice.word, choice_id=digit)}{note}"
