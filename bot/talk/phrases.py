"""Every sentence the dialogue says to a citizen, and how a turn becomes one WeChat text.

Written to be read aloud to somebody of seventy: short sentences, one question at a time, what to do next.
"""

from __future__ import annotations

from datetime import datetime

from bot.talk.answer_phrases import SENSITIVE as SENSITIVE
from bot.talk.answer_phrases import answer as answer
from bot.talk.answer_phrases import lapsed as lapsed
from bot.talk.answer_phrases import not_known as not_known
from bot.talk.answer_phrases import other_region as other_region
from bot.talk.answer_phrases import refused as refused
from bot.talk.answer_phrases import source as source
from bot.talk.danger_phrases import dial as dial
from bot.talk.danger_phrases import emergency_card as emergency_card
from bot.talk.filing_phrases import APPLICANT as APPLICANT
from bot.talk.filing_phrases import CONSENT as CONSENT
from bot.talk.filing_phrases import CONTACT as CONTACT
from bot.talk.filing_phrases import SECRECY_NOTES as SECRECY_NOTES
from bot.talk.filing_phrases import applicant as applicant
from bot.talk.filing_phrases import contact as contact
from bot.talk.filing_phrases import filed as filed
from bot.talk.filing_phrases import kept_secrecy as kept_secrecy
from bot.talk.filing_phrases import left_out as left_out
from bot.talk.filing_phrases import next_of_several as next_of_several
from bot.talk.filing_phrases import pictures_received as pictures_received
from bot.talk.filing_phrases import place_by_code as place_by_code
from bot.talk.filing_phrases import place_noted as place_noted
from bot.talk.filing_phrases import place_received as place_received
from bot.talk.filing_phrases import reads_like as reads_like
from bot.talk.filing_phrases import same_matter as same_matter
from bot.talk.filing_phrases import several as several
from bot.talk.filing_phrases import subscribe as subscribe
from bot.talk.filing_phrases import summary as summary
from bot.talk.filing_phrases import which_of as which_of
from bot.talk.rendering import MENU as MENU
from bot.talk.rendering import first_digit as first_digit
from bot.talk.rendering import render as render
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
from bot.wechat_text import plain, quote
from bot.wording import say_time
from routing.citizen_request import RequestType

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
FRAUD_TRIED = "先别转钱，也别说验证码。拿不准，打96110问一问。"
ROBBED = "东西被偷、被抢，请打110报警。"
LINE_BUSY = "电话忙的时候，在这里登记，一样办。"
CANNOT_FOLLOW = "想听人讲，请打12345，或者回复0找人。"
WHERE_IS_HOME = "请说得再准一点：什么路，或者什么小区、几号楼。"
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
NO_POSITION = "这个位置我没看到。请打字告诉我在哪里。"
STRANGE_CODE = "这个码我看不懂。要查进度，请直接发工单号。"
NO_SUCH_CHOICE = "没有这个选项。请点下面的字，或者回复前面的数字。"
NOTHING_TO_RATE = "您现在没有等着评价的诉求。谢谢您的关心。"
NOTHING_TO_ACT = "没有找到可以这样办的诉求。办结或撤回的诉求不能再办。"
DESCRIBE = "请说说是什么事。\n什么时候、什么情况，说清楚就行。照片也可以发，最多9张。"
TOO_SHORT = "能再说详细一点吗？\n比如：路灯坏了三天，晚上看不见路。"
TOO_LONG = "内容太长了，最多5000个字。请挑要紧的说。"
PLACE = "事情发生在哪里？\n可以发位置，也可以打字。比如：城关镇人民路12号。"
PLACE_OFFERED = "事情发生在哪里？\n是下面这里，请点一下。不是，就发位置或者打字。"
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
REWARD = "有没有奖励，要看举报的是什么事。登记以后，由管这件事的单位答复您。"
OUR_PHONE = "电话打12345。"
WHAT_WE_DO = "这里是12345网上服务。\n问政策、反映问题、查进度，都可以在这里办。\n直接打字就行，也可以发语音。要找人，回复0。"
CAN_BE_REPORTED = "可以，我帮您登记，转给管这件事的单位。"
NO_TYPING = "不用打字。按住下面的“按住说话”，说完松手，发语音就行。\n也可以打12345，有人帮您登记。"
NOT_YET = "还差几样没说，先答这一个。"
STOP_OR_GO = "不登记了，回复#。只是这一样不想说，点下面的字。"
WHICH_SECRECY = "请选一个。怕被人知道，就选保密。"
PLACE_AGAIN = "好的，改地点。"
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
AND_YOUR_REPORT = "您还反映了事情，我帮您登记："
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
WHAT_THERE = "那里出了什么事？请说说看。\n照片也可以发，最多9张。"
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
SEND_WHEN_READY = "不着急。准备好了，直接发到这里就行。"
PHOTO_FOR_WHICH = "照片收到了。是单位请您补的材料，还是正在登记的这件事的？"
STAYS_THERE = "好的，当另一件事。刚才发的，那张工单里也留着。"
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


# ---- filing


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


def person(*, opens_at: datetime | None, now: datetime, phone: str = "12345") -> str:
    if opens_at is None:
        return f"现在有人值班。请拨打{phone}，和工作人员直接说。\n也可以在这里留言，我们联系您。"
    return (
        f"现在是下班时间，{say_time(opens_at, now=now)}上班。\n"
        "急事请拨打12345。也可以在这里留言，上班后先办您的。"
    )
