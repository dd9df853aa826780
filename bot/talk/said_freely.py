"""What a short sentence means at a question with choices, as text alone: a yes, a secrecy, a type, giving up, nothing.

Whoever is asked answers inside a sentence (“保密吧，别让他们晓得是我”). Only what cannot be read so is more of the story.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.talk.spoken_forms import simplified
from bot.wording import label
from classifier.signals import AbuseKind, find_abuse
from routing.citizen_request import RequestType, Secrecy

_MOST_INSULT = 12
_LONGEST = 30
_LEAST_DETAIL = 4
"""A longer sentence tells of something; none of it may be lost for one word in it."""

_BREAK = r"[，,。！!；;～~ ]*"
_YES = re.compile(
    rf"(?:(?:嗯+|对+的?|好[的了]?|是的?|行|可以了?|没错|没(?:有)?问题|没(?:有)?意见|就这样|就这些|都对|正确|要得|得行|中(?!午)|妥|ok)[吧了啊呀嘛哈]*{_BREAK})++"
)
_SUBMITS = re.compile(
    rf"(?:{_YES.pattern})?(?:那|就|帮我|给我|请|直接|赶紧|快|可以|这样|麻烦)*"
    r"(?:(?:确认)?(?:提交|上交|上报|登记|交|报)(?:上去|出去|上来)?|确认|确定)(?:了|吧|啊|呀|就行|就好|一下|谢谢)*",
)
_MORE_THAN_HM = re.compile(r"[对好是没正就中妥行得]|可以|ok")
_HIDES = re.compile(
    r"(?:别|不想|不要|不能|不愿|不敢|莫|甭|怕)[^，。]{0,4}(?:让|叫|给|被)?[^，。]{0,8}(?:知道|晓得|看到|看见|报复)"
    r"|(?:别|不要|不能|莫)(?:跟|和|对|告诉)[^，。]{1,8}(?:说是?我|讲是?我|是我(?:说|反映|告|投诉|举报))"
)
_EITHER_WAY = re.compile(
    r"(?:随便|都行|都可以|都好|无所谓|你看着办|看着办|你定|跳过|不知道|不懂|不清楚)[吧的啊了呀]*"
)
_NOT = r"(?<!不)(?<!不要)(?<!不用)(?<!不想)(?<!不是)(?<!别)(?<!不能)"
_NAMED = {secrecy: re.compile(_NOT + label(secrecy)) for secrecy in Secrecy}
_NOT_PUBLIC = re.compile(r"(?:我|那|还是|就)?不(?:要|想|用|愿意?)?公开(?:吧|了|的|啊)?")
_NEED_NOT_HIDE = re.compile(r"(?:不用|不要|不需要|用不着|不必)保密|不怕.{0,4}(?:知道|晓得)")
_KINDS = "|".join(label(kind) for kind in RequestType)
_KIND = re.compile(
    rf"(?:不[是对][^，, ]{{0,6}}[，, ]+)?(?:嗯|啊|哦|哎|不对|错了|等等|对"
    rf"|就|应该|算|我|要|想|是|这|属于|选|的|行|好|可以|那|[，,。！!；;～~ ])*+"
    rf"({_KINDS})(?:吧|的|啊|呀|了|他们|他|它)*"
)
_ENOUGH = r"不(?:想|要|用|再|打算)?(?:报|反映|反应|投诉|举报|登记|上报|弄|办|追究|告|提)了|没事儿?了|不用(?:你们)?管了|撤了吧"
_ENOUGH_HERE = _ENOUGH + r"|不(?:要|用|需要|填|写|交|提交)了"
_UP = (
    rf"(?:(?:唉|哎|嗯|那|好了|行了|算了|罢了){_BREAK})*(?:我|那|就|还是|现在|先|都|这[件个]?事?|也)*"
    r"(?:@)(?:吧|啊|哈|算了)*(?:[，,。！! ]+.{0,14})?"
)
_GIVES_UP = re.compile(_UP.replace("@", _ENOUGH))
_GIVES_UP_HERE = re.compile(_UP.replace("@", _ENOUGH_HERE) + r"|(?:唉|哎)?算了(?:算了|吧)*")
_IDLE_END = re.compile(
    r"[唉哎那嗯]*算了(?:算了|吧|啊)*|(?:已经|都|现在|今天|昨天)*(?:给)?(?:解决|修好|弄好|处理好|办好)了(?:谢谢|啊|呀)*"
)
_OTHER_ONE = r"(?:第[二2][件个]?|另外?一?[件个]|后面?[那一]?[件个]|下一[件个])"
_OTHER_OFF = re.compile(rf".{{0,6}}{_OTHER_ONE}.{{0,4}}(?:算了|不.{{0,5}}了)[吧啊]*")
_APART = re.compile(rf"(?:{_YES.pattern})?(?:那|就|请|帮我|给我|还是)*(?:分开|拆开|各办各的|分别).{{0,6}}")
_TOGETHER = re.compile(
    r"(?:不用分开?|不分开?|(?:那|就|请|还是|帮我)*(?:一起|合[成在]?(?:一起|一件)?|放一起|当一件)).{0,6}"
)
_REMARK = re.compile(
    r"(?:都不[是对行]|不是的?|不对|没有?|没了|无|啥|什么|哦+|噢+|额+|呃+|嗯+|啊+|哈+|嘿+|呵+|唉+|哎+|好吧|你?看着办|随便|都行|都可以|无所谓"
    r"|不知道|不晓得|不清楚|不懂|等等?|等一?下|稍等|慢点|快点?|喂+|算了|然后呢|还有呢|就这样|就这些|继续|合成一件|分开登记|不改了?|(?:就|还是)?用这个号?码?|测试|试试|ok|hello|hi)"
    r"[吧啊呀了的呢嘛哈吗]*"
)
_CURSES = re.compile(r"(?:你们?|你们都|都)?(?:给我)?(?:去死|死去|死一边去)(?:吧|啊|去)?")
_WHEN = re.compile(
    r"^.{0,4}(?:多久|什么时候|啥时候|几天|多长时间|几时)(?:能|才能|会|可以|给|就)?"
    r"(?:有结果|修好?|来修|好|解决|处理|答复|回复|来人|来看|办好?|弄好)[^，。]{0,3}$"
)
_SETTLED = re.compile(
    r"[^，,。！!]{0,10}(?:修好|弄好|解决|处理好|办好|来水|来电|通水|通电|清走|运走|搬走|拉走|好)了"
    r"(?:谢谢.{0,6}|多谢.{0,4}|不用(?:来|办|管|你们)?了?|撤了吧|啊|呀|[，,。！! ])*"
)
_DETAIL = re.compile(
    r"^(?:就|都)?(?:是|在|叫|从)|^(?:店名|店子|车牌|门牌|司机|老板|牌子|名字|那[家个辆栋]|靠近|旁边|对面|大概|大约|一般|每天|每晚|天天|晚上|早上|都|他家?|她|姓)"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_CORRECTS = re.compile(
    r"^(?:等等|等一?下|不对|不好意思|哎呀?|啊|呀|对了|哦)[，,。！ ]*.{0,14}"
    r"(?:写错|说错|填错|打错|弄错|搞错|记错|报错|错了|忘了?说|忘了?写|漏了|应该是|补充)"
    r"|(?:地址|地点|位置|电话|号码|内容|刚才|刚刚).{0,6}(?:写错|说错|填错|打错|弄错|搞错|记错|报错|错了|不对|漏了|忘了?说|应该是)"
    r"|^(?:我)?(?:再|还要|还想|想|要)?补充(?:一下|一点|几句|一句|说明)?[：:，, 是].{2}"
    r"|^(?:我)?(?:反悔了?|改主意了)"
)
_ADDS = re.compile(r"^(?:我|再|还要|还想|想|要)*补充(?:一下|一点|几句|一句|说明)*[：:，, ]*(?=.{2})")
_MORE = re.compile(r"^(?:哦|噢|啊|哎呀?)?[，, ]*(?:对了|还有|忘了说|差点忘了)[，,： :]*(?P<what>.{3,40})$")
_EARLIER = re.compile(
    r"(?:咦|诶|哎|那)?(?:我)?(?:刚才|刚刚|之前|上次)(?:那[个件]?|的那?[个件]?|没填完的|填的|说的|写的)(?:事情?|单子?|工单)?(?:呢|哪去了|去哪了|还在吗|怎么没了)[？?]?"
)
_TO_REPORT = re.compile(
    rf"(?:(?:喂+|你们?好|您好|请问|那个|同志|师傅){_BREAK})*+(?:我|俺|咱)?(?:们)?(?:这)?(?:今天|现在|就|又|还|再|另外)*(?:想|要|有)?(?:跟|向|和|给)?(?:你们?|您)?(?:想|要)?"
    r"(?:反映|反应|说|报|举报|投诉)(?:一?下|个|一?个|点|一?件|些|几个)*(?:小)?(?:事情?儿?|问题|情况)(?:呢|啊|吧)?"
)
_TO_ASK = re.compile(
    rf"(?:(?:喂+|你们?好|您好|请问|那个|同志|师傅){_BREAK})*+(?:我|俺|咱)?(?:们)?(?:就是|就|还|再|想|要|来|有)*(?:跟|向)?(?:你们?|您)?"
    r"(?:问问|问一?下|问个?|咨询一?下?|打听一?下?|请教一?下?)(?:个|一?个|点|一?件|些|几个)?(?:小)?(?:事情?儿?|问题)?(?:呢|啊|吧|哈)?"
)
_RATED = re.compile(
    r"((?:非常|很)?不?(?:满意|滿意)|基本(?:满意|滿意)|差评|很差|很好|[1-5一二两三四五][星颗])[，,。！! ]+([^，,。！! ].{1,299})",
    re.DOTALL,
)
_REWORK = re.compile(
    r"^(?:我|那|就|当然|肯定|必须|还是|请|麻烦|赶紧|快){0,4}(?:要|重新|重办|再(?:修|办|弄|来)|返工)(?!不要|紧)"
)
_OUR_HOURS = re.compile(
    r"(?:你们|人工|热线|12345|你们这).{0,4}(?:几点|什么时候|啥时候|多会儿?)?(?:上班|下班|休息|营业|值班)(?:时间|吗|了吗|到几点|.{0,6}几点)?.{0,4}"
    r"|(?:你们|热线).{0,3}(?:电话|号码)(?:是?多少|是啥|是什么|几号|呢|[？?]).{0,2}"
)


@lru_cache(maxsize=64)  # of one message asked a dozen times
def _plain(text: str) -> str:
    return simplified(text).strip()


def _short(text: str) -> bool:
    return 0 < len(text) <= _LONGEST


def says_submit(text: str) -> bool:
    """“对的 提交吧”, “没问题，报上去”, “嗯嗯 就这样”; a mere 嗯 says too little."""
    said = _plain(text).lower()
    if not _short(said):
        return False
    return bool(_SUBMITS.fullmatch(said) or (_YES.fullmatch(said) and _MORE_THAN_HM.search(said)))


def secrecy_meant(text: str) -> Secrecy | None:
    """The one secrecy a short sentence asks for; None where it names none, or several."""
    said = _plain(text)
    if not _short(said):
        return None
    if _NEED_NOT_HIDE.search(said):
        return Secrecy.PUBLIC
    if _NOT_PUBLIC.fullmatch(said.strip(" 。！!，,")):
        return Secrecy.SECRET
    named = [secrecy for secrecy, pattern in _NAMED.items() if pattern.search(said)]
    if len(named) == 1:
        return named[0]
    return Secrecy.SECRET if not named and _HIDES.search(said) else None


_LETS = re.compile(
    r"(?:那就|就|我)?(?:可以|要|行|同意|愿意|让他?们?看|给看|看吧)(?:的|吧|啊|呀|看|了|[，,。！! ])*"
)
_LETS_NOT = re.compile(
    r"(?:那就|就|我|还是)?"
    r"(?:不要|不用|不行|不可以|不能|不让|别让?|不想|不给|不愿意?|不)(?:他?们)?(?:看|看到|知道)?(?:了|吧|啊|呀|的|[，,。！! ])*"
)


def lets(text: str) -> bool | None:
    """Yes or no to what was asked, said as a permission; None for anything else."""
    said = _plain(text)
    if not _short(said):
        return None
    return True if _LETS.fullmatch(said) else False if _LETS_NOT.fullmatch(said) else None


def either_way(text: str) -> bool:
    return _EITHER_WAY.fullmatch(_plain(text)) is not None


def type_meant(text: str) -> RequestType | None:
    """“不是表扬，是投诉”: the type named, where the sentence says nothing else."""
    found = _KIND.fullmatch(_plain(text)) if _short(text) else None
    return next((kind for kind in RequestType if label(kind) == found[1]), None) if found else None


def gives_up(text: str, *, outright: bool) -> bool:
    """Whether the whole filing is not wanted any more; ``outright`` where 不用了 would answer the question put."""
    pattern = _GIVES_UP if outright else _GIVES_UP_HERE
    return _short(text) and pattern.fullmatch(_plain(text)) is not None


def gives_up_idly(text: str) -> bool:
    """算了, 没事了 said to nothing in particular."""
    said = _plain(text)
    return _short(said) and bool(_IDLE_END.fullmatch(said) or _GIVES_UP.fullmatch(said))


def drops_the_other(text: str) -> bool:
    """“那第二件不报了”."""
    return _short(text) and _OTHER_OFF.fullmatch(_plain(text)) is not None


def wants_apart(text: str) -> bool | None:
    """Whether two matters are to be filed apart; None where it is not said."""
    said = _plain(text)
    if not _short(said):
        return None
    if _TOGETHER.fullmatch(said):
        return False
    return True if _APART.fullmatch(said) else None


def has_settled(text: str) -> bool:
    """“灯修好了 谢谢”: what was just filed need not be done any more."""
    return _short(text) and _SETTLED.fullmatch(_plain(text)) is not None


def is_a_detail(text: str) -> bool:
    """“就是老王烧烤”, “车牌是A12345”: more of something told before."""
    return len(text) >= _LEAST_DETAIL and _short(text) and _DETAIL.search(_plain(text)) is not None


def says_nothing(text: str) -> bool:
    """A remark, an emoji, keys struck at random: nothing a ticket should say."""
    said = _plain(text).strip(" 。.，,！!？?、~～…")
    if not said or _REMARK.fullmatch(said.lower()):
        return True
    if _HAN.search(said) or any(character.isdigit() for character in said):
        return False
    return len(_WORD.findall(said)) < 2


def already_told(told: str, text: str) -> bool:
    """Whether a text says this already, whatever the marks between."""
    return bool(bare := _bare(text)) and bare in _bare(told)


def _bare(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN")


def insults(text: str) -> bool:
    """Nothing but an insult: answered calmly, and never part of a ticket. Whoever speaks of dying, or of
    themselves, is heard as that."""
    if _CURSES.fullmatch(_plain(text).strip(" 。！!，,")):
        return True
    if len(text) > _MOST_INSULT or re.search(r"[死我俺杀]", text):
        return False
    abuse = find_abuse(text)
    return abuse is not None and abuse.kind is AbuseKind.INSULT


def corrects(text: str) -> bool:
    """“等等，地址写错了”: about what was filed a moment ago."""
    return _CORRECTS.search(_plain(text)) is not None


def one_thing_more(text: str) -> bool:
    """“对了 灯杆编号是A23”."""
    return _MORE.match(_plain(text)) is not None


def added(text: str) -> str | None:
    """What “补充：…” adds; None where the sentence does not begin so."""
    found = _ADDS.match(text)
    return text[found.end() :].strip() if found else None


def without_adding(text: str) -> str:
    return added(text) or text


def asks_for_earlier(text: str) -> bool:
    """“咦，刚才那个呢”."""
    return _short(text) and _EARLIER.fullmatch(_plain(text)) is not None


def wants_to_report(text: str) -> bool:
    """“喂你好，我想反应个事”: that something follows, and not what."""
    return _short(text) and _TO_REPORT.fullmatch(_plain(text)) is not None


def wants_to_ask(text: str) -> bool:
    """“我想问问”: that a question follows, and not which."""
    return 1 < len(text) <= _LONGEST and _TO_ASK.fullmatch(_plain(text)) is not None


def rated_with_words(text: str) -> tuple[str, str] | None:
    """“不满意，还是黑的”: the rating and what is said beside it."""
    found = _RATED.fullmatch(text.strip())
    return (simplified(found[1]), found[2].strip()) if found else None


def wants_rework(text: str) -> bool:
    """“要，赶紧重新修”, “当然要”: yes to doing it again."""
    return _short(text) and _REWORK.search(_plain(text)) is not None


def speaks_of_rework(text: str) -> bool:
    """“要不要重新办理啊”: the question given back."""
    return (
        _short(text) and re.search(r"要不要(?:重新|再)?(?:办|修|弄)|重新?办.{0,3}[吗么？?]", text) is not None
    )


def asks_our_hours(text: str) -> bool:
    """“你们几点上班”: about the hotline itself."""
    return _short(text) and _OUR_HOURS.fullmatch(_plain(text)) is not None


def asks_for_meaning(text: str) -> bool:
    """“保密是什么意思”."""
    return re.search(r"什么意思|啥意思|区别|有用", _plain(text)) is not None


def asks_when(text: str) -> bool:
    """“多久有结果” about what was just filed."""
    return _short(text) and _WHEN.search(_plain(text)) is not None


def asks_back(text: str) -> bool:
    """“保密有用吗”: about a choice, not a choice."""
    return re.search(r"[吗？?]|什么|啥|怎么|区别|还是.{1,4}[？?呢]", _plain(text)) is not None
