"""Every sentence the dialogue says to a citizen, and how a turn becomes one WeChat text.

Written to be read aloud to somebody of seventy: short sentences, one question at a time, what to do next.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.talk import privacy_notice
from bot.talk.answer_phrases import SENSITIVE as SENSITIVE
from bot.talk.answer_phrases import answer as answer
from bot.talk.answer_phrases import lapsed as lapsed
from bot.talk.answer_phrases import not_known as not_known
from bot.talk.answer_phrases import other_region as other_region
from bot.talk.answer_phrases import refused as refused
from bot.talk.answer_phrases import source as source
from bot.talk.rendering import MENU as MENU
from bot.talk.rendering import first_digit as first_digit
from bot.talk.rendering import render as render
from bot.talk.session import Draft
from bot.talk.ticket_phrases import ASK_CODE as ASK_CODE
from bot.talk.ticket_phrases import PICK_TICKET as PICK_TICKET
from bot.talk.ticket_phrases import about_ticket as about_ticket
from bot.talk.ticket_phrases import after_hours as after_hours
from bot.talk.ticket_phrases import details as details
from bot.talk.ticket_phrases import not_yours as not_yours
from bot.talk.ticket_phrases import offer_rework as offer_rework
from bot.talk.ticket_phrases import pick_ticket as pick_ticket
from bot.talk.ticket_phrases import rated as rated
from bot.talk.ticket_phrases import reminded as reminded
from bot.talk.ticket_phrases import reopened as reopened
from bot.talk.ticket_phrases import supplemented as supplemented
from bot.talk.ticket_phrases import withdrawn as withdrawn
from bot.talk.ticket_phrases import wrong_code as wrong_code
from bot.wechat_text import link, plain, quote
from bot.wording import label, say_time
from classifier.signals import Emergency, EmergencyKind
from classifier.signals.danger_scene import DangerScene
from routing.citizen_request import RequestType, Secrecy

WELCOME = (
    "您好，这里是12345网上服务。\n"
    "问政策、反映问题、查进度，都可以在这里办。\n"
    "直接打字就行，也可以发语音。有危险请先打110、119、120。"
)
CANCELLED = "好的，已经取消。"
WENT_HOME = "好的，回到首页。"
ASK_AWAY = "请说您想问什么。\n比如：社保卡丢了怎么补？"
THANKS = "不客气。还有事随时找我。"
YOU_ARE_WELCOME = "不客气。"
NOT_UNDERSTOOD = "这句话我没看懂。请直接说您的事，或者点下面的字。"
CALM = "我听着呢。是什么事让您着急，请慢慢说，我帮您登记。"
COMPANY = "想找人说说话，可以打12356，有人听您说。要找这里的工作人员，回复0。"
TO_LEADERS = "要反映的事，在这里登记就行。12345转给管这件事的单位，到期答复您。"
ALL_I_KNOW = "我知道的，前面都说了。要问得更细，可以登记下来，请单位来答复您。"
DEFRAUDED = "钱刚转走的，马上打110或96110，快了能拦下来。别再转账。"
GENUINE = (
    "这里是12345的网上服务。不放心，可以打12345核对。\n我们不会要您转账，也不会问您要验证码、银行卡密码。"
)
HELP_COMES = "好的。先顾人，听接警的人安排。事后要登记，再跟我说。"
ALL_WELL = "好的。还有事随时找我。"
GLAD = "太好了，谢谢您告诉我。"
ROBOT = "我是自动回复。要找人，回复0。"
ONLY_SERVICE = "这个我不会。我只管12345的事：问政策、反映问题、查进度。"
CHINESE_ONLY = (
    "Sorry, I only understand Chinese. Please write in Chinese, or reply 0 for a person.\n"
    "Emergency: 110 police, 119 fire, 120 ambulance.\n"
    "请用中文说您的事。要找人，回复0。"
)
EMPTY = "我没有收到文字。请再说一遍，或者打字告诉我。"
NOT_HEARD = "这段语音我没听清。请再说一遍，或者打字告诉我。"
VOICE_KEPT = "这段语音我没听清，已经留给工作人员听。请再说一遍，或者打字告诉我，办得更快。"
UNSUPPORTED = "这种消息我还看不了。\n您可以打字、发语音、发照片，或者发位置。"
NO_SUCH_CHOICE = "没有这个选项。请点下面的字，或者回复前面的数字。"
NOTHING_TO_RATE = "您现在没有等着评价的诉求。谢谢您的关心。"
NOTHING_TO_ACT = "没有找到可以这样办的诉求。办结或撤回的诉求不能再办。"
DESCRIBE = "请说说是什么事。\n什么时候、什么情况，说清楚就行。照片也可以发，最多9张。"
TOO_SHORT = "能再说详细一点吗？\n比如：路灯坏了三天，晚上看不见路。"
TOO_LONG = "内容太长了，最多5000个字。请挑要紧的说。"
PLACE = "事情发生在哪里？\n可以发位置，也可以打字。比如：城关镇人民路12号。"
PLACE_OFFERED = "事情发生在哪里？\n是下面这里，请点一下。不是，就发位置或者打字。"
CONTACT = "请留一个手机号，方便工作人员联系您。\n不想留也可以。"
BAD_PHONE = "这个号码好像不对。请再看一看。"
NO_PHONE = "我要的是手机号。不想留，请点“不留电话”。"
NOT_A_PLACE = "这里要说的是地点。"
PHONE_KEPT = "手机号记下了。"
WILL_KEEP_SECRECY = "好的，给您保密。"
SECRECY = "您的姓名和电话，要不要让办事的单位看到？"
SECRECY_WITHOUT_PHONE = "您没有留电话，有结果在这里告诉您。\n要不要保密？"
SECRECY_EXPLAINED = (
    "公开：办事的单位知道您的姓名电话，会直接找您。\n"
    "保密：单位不知道您是谁，由热线的人转告。\n"
    "匿名：谁也不知道您是谁，只在这里告诉您结果。\n"
    "怕被人知道，就选保密。"
)
WHY_PHONE = "留电话是为了问清情况、告诉您结果。\n被投诉的人看不到。不留也能办。"
WHEN_DONE = "登记好了，马上告诉您最晚哪天答复。"
WILL_CALL = "好的。登记时留个手机号，工作人员会打给您。"
HOW_PHOTOS = "点打字框旁边的“＋”，再点“照片”，选好发过来就行。最多9张。"
FREE_OF_CHARGE = "反映事情不收钱。"
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
UNIT_WILL_ANSWER = "这件事我没有现成的答案，请单位来答复您。"
CHOOSE_TYPE = "您要办哪一种？"
CONSENT = "提交后，这些内容只用来办理您这件事。"
TOO_MANY_PICTURES = "照片最多9张，这一张没有加进去。"
RESUME = "您上次有一件事还没填完。要接着填吗？"
NEW_TEXT = "内容加上了。"
TOLD_ALREADY = "这句话已经记下了。"
AFTER_DANGER = "先顾安全。人没事了，可以接着登记；不登记了，回复#。"
ONE_GOES_BACK = "在这里回复1，是回上一步。要回上一步，请再回复一次1。"
ASK_OR_REPORT = "您是想问政策，还是要反映事情？"
DRAFT_KEPT = "您有一件事还没填完，还给您留着。"
ALWAYS_HERE = "这里白天晚上都能问、能登记。"
ASK_LATER = "这个我现在答不上来。先把这件事登记完，再问我。"
AND_YOUR_REPORT = "您还反映了一件事："
BACK_TO_FILING = "接着说您这件事："
RATED_BEFORE = "这件事您已经评过，改不了了。还没解决，请当一件新的事再反映，也可以拨打12345。"
BACK_TO_FILING_BEFORE = "接着说刚才的事："
WHICH_TO_RATE = "您说的是办完的那件，还是正在登记的这件？"
EDIT = "要改哪一项？"
FILE_FIRST = "这件事还没登记完。先填完再办别的。不想填了，回复#。"
NOTED = "好的，记下了。"
PHONE_LATER = "号码我先放着，等会儿问您用不用。"
PICTURES_GONE = "照片去掉了。要换，直接发新的。"
ALL_CANCELLED = "好的，都取消了，一件也没有登记。"
OTHER_DROPPED = "好的，另外那件不登记了。"
WHAT_THERE = "那里出了什么事？请说说看。"
NEXT_INSTEAD = "好的，这件不登记了。"
PHONE_ANEW = "手机号改好了。"
DRAFT_REPLACED = "上次没填完的那件先不办了，现在登记这一件。"
NO_DRAFT = "没有没填完的事了。要反映什么，请重新说。"
SAY_AGAIN = "请重新说一遍。原来说的是："

ASK_NUMBER = "请发工单号。工单号以HY开头，在登记时的回复里。"
BAD_NUMBER = "这不像工单号。工单号以HY开头，请再看一看。"
BAD_CODE = "查询码是6个数字，请再看一看。"
CODE_BLOCKED = "查询码错得太多了，为了安全先停一小时。\n着急请拨打12345，报工单号查询。"
NONE_MINE = "您在这里还没有反映过事情。\n打电话反映的，可以用工单号来查。"
SUPPLEMENT = "请把要补充的话或照片发过来。"
REMINDED_TODAY = "今天已经催过了，单位收到了。明天可以再催。"
SUPPLEMENTED_ENOUGH = "今天补充的次数已经满了，这一次没有加进去。\n请明天再补充。急事请拨打12345，报工单号。"
RATE = "这件事办得怎么样？请选一个。"
SAID_OF_RATING = "您说的记下了。再选一个，就评完了。"
REWORK = "要不要请单位重新办理？"
WHY_GOOD = "谢谢！好在哪里？再点一下就评完了。"
WHY_FAIR = "谢谢！还差在哪里？再点一下就评完了。"
WHY_BAD = "对不起，没让您满意。主要是哪里不好？"
SURELY_WITHDRAW = "撤回以后，这件事就不再办了。确定要撤回吗？\n要撤，请选原因。"
WITHDRAWALS = ("已经解决了", "不想反映了", "登记错了")
ELDER_ON = "好的，以后我说得短一些。\n想改回来，说“普通模式”。"
ELDER_OFF = "好的，改回原来的样子了。"
ELDER_OFFER = "看着费劲的话，可以点“长辈模式”，我说得短一些。想找人，回复0。"
HANDING_OVER = "正在给您转工作人员，请稍等。\n您可以先把事情打在这里。要回到自动服务，回复#。"
STILL_WAITING = "还在给您转，请再等一等。急事请拨打12345。"
WITH_PERSON = "您正在和工作人员说话。\n要回到自动服务，回复#。"
PERSON_ENDED = "人工服务结束了，现在是自动回复。"
NOBODY_CAME = "工作人员都在忙，没有接上，对不起。\n急事请拨打12345，也可以在这里留言。现在是自动回复。"
FORGOTTEN = "好的，您的号码和地点，我不记了。\n已经登记的工单不变。要改，请打12345。"
DISCLOSURE = (
    "申请公开政府信息，要写明三样：\n"
    "一、您的姓名、联系方式，还要有身份证明。\n"
    "二、要哪些信息：文件的名称、文号，或者说清楚是什么。\n"
    "三、要纸的还是电子的，怎么给您。\n"
    "可以写好寄给管这件事的单位，也可以在这里申请。20个工作日内答复。\n"
    "已经公开的，不用申请，直接问我就行。"
)
WHICH_INFORMATION = (
    "请说要哪些信息：文件的名称、文号，或者说清楚是什么。\n作什么用、要纸的还是电子的，也一起说。"
)
APPLICANT = "请发您的姓名和手机号。比如：张三 13812345678。\n申请公开，法律要求写明是谁。"

REASONS_GOOD = ("问题解决了", "办得快", "态度好", "讲得明白")
REASONS_BAD = ("问题没解决", "办得慢", "态度不好", "没人联系我", "答复看不懂")
REASONS = {
    5: REASONS_GOOD,
    4: REASONS_GOOD,
    3: ("问题解决了", "只解决了一部分", "办得慢", "讲得不明白"),
    2: REASONS_BAD,
    1: ("问题没解决", "没人管", "推来推去", "态度不好", "答复和事实不一样"),
}
"""What may stand behind each number of stars: the second tap."""
NOT_RATED = "评价还没有提交。想评，再说“评价”。"

_SOMEBODY_LISTENS = "您别一个人扛。现在就打12356，有人听您说。有危险打120、110。"
_IN_CASE_OF_DANGER = "如果有人正有危险，请马上打110、119或120。"
_FIRST_CALL: dict[str, tuple[str, str]] = {
    EmergencyKind.GAS: ("119", "先开窗、关阀门，别开关电器。人到屋外再打电话。"),
    EmergencyKind.FIRE: ("119", "人先出来，别坐电梯，别回去拿东西。"),
    EmergencyKind.COLLAPSE: ("119", "先到空地上去，别回去拿东西。"),
    EmergencyKind.TRAPPED: ("119", "说清楚在哪里、几个人。别硬拉硬撬。"),
    EmergencyKind.VIOLENCE: ("110", "您先离开，到人多的地方，锁好门。"),
    EmergencyKind.MEDICAL: ("120", "别乱动受伤的人，等医生来。"),
    EmergencyKind.MISSING: ("110", "马上报警，不用等24小时。"),
    EmergencyKind.GROUP_EVENT: ("110", "您先离开人群，别往里挤。"),
    DangerScene.LIFT: ("119", "按电梯里的报警键，别扒门，靠边站好。"),
    DangerScene.POWER: ("119", "离断线8米以上，别碰触电的人。再打95598停电。"),
    DangerScene.WATER: ("110", "别自己下水，扔绳子、竹竿、救生圈。"),
    DangerScene.POISON: ("120", "带上药瓶。医生没说，别催吐。"),
    DangerScene.JUMPER: ("110", "别围观，别刺激他，看住他等人来。"),
}
"""Which number first, and one line of advice: for people in fear, so nothing longer."""
_NUMBERS = {"110": "报警", "119": "火灾、救援", "120": "急救"}


def emergency_card(emergency: Emergency) -> str:
    """The numbers to ring, before anything else; who wants to die is first offered somebody who listens. One line
    where the danger is only possible."""
    if emergency.kind is EmergencyKind.SELF_HARM and (emergency.scene is None or not emergency.sure):
        return _SOMEBODY_LISTENS
    if not emergency.sure:
        return _IN_CASE_OF_DANGER
    first, advice = _FIRST_CALL[emergency.scene or emergency.kind]
    if emergency.kind is EmergencyKind.SELF_HARM and emergency.scene is DangerScene.POISON:
        advice += "心里难受，打12356。"
    others = "，".join(f"{number} {what}" for number, what in _NUMBERS.items() if number != first)
    return f"有危险，请马上打{first}（{_NUMBERS[first]}）！\n{advice}\n{others}。\n这里不能代替报警。"


def _first_number(danger: Emergency | None) -> str:
    """The number once more; all three where it is not known what the danger is."""
    first = _FIRST_CALL.get(danger.scene or danger.kind) if danger is not None else None
    return first[0] if first else "110、119、120"


def dial(number: str) -> str:
    return f"请现在用电话直接拨{number}，这里打不出去。"


# ---- filing

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


def welcome(own: str | None) -> str:
    """The account's own first sentence, where it has one."""
    if not own:
        return WELCOME
    return "\n".join((plain(own), *WELCOME.splitlines()[1:]))


def scanned(label: str) -> str:
    return f"您在“{plain(label)}”扫的码。\n要反映这里的事，直接说就行，地点不用再打一遍。"


def flooding(text: str) -> str:
    """The message that was not taken is named, so that it can be sent again."""
    which = f"“{quote(text, 40)}”这条没有办" if text.strip() else "刚才这条没有办"
    return f"您发得有点快，我还在看前面的。{which}，请一分钟后再发。"


def out_of_turn(text: str, *, sent_at: datetime, now: datetime) -> str:
    """An old message that came back after the talk had gone on: nothing was done for it, and that is said."""
    which = f"“{quote(text, 40)}”" if text.strip() else "那一条"
    return f"您{say_time(sent_at, now=now)}发的{which}，我看到得太晚，没有照办。\n还要办的话，请再说一遍。"


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
        lines[1:1] = [_urgently(within, unit), f"有危险别等，快打{_first_number(danger)}。"]
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


def person(*, opens_at: datetime | None, now: datetime, phone: str = "12345") -> str:
    if opens_at is None:
        return f"现在有人值班。请拨打{phone}，和工作人员直接说。\n也可以在这里留言，我们联系您。"
    return (
        f"现在是下班时间，{say_time(opens_at, now=now)}上班。\n"
        "急事请拨打12345。也可以在这里留言，上班后先办您的。"
    )
