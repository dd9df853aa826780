"""What is said around a matter, as text alone: greetings, thanks, jokes, another language, and asking for plainer words."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.talk.spoken_forms import simplified

_LONGEST = 30
_WHOM = (
    r"(?:叔叔?|阿姨|伯伯|爷爷|奶奶|哥哥?|姐姐?|小?同志|小?师傅|老师|领导|大[哥姐爷妈]|小[哥姐伙妹弟]姐?子?|闺女|姑娘|亲"
    r"|美女|帅哥|客服|政府|大家|各位|[你您](?:们)?)"
)
_GREETS = re.compile(
    rf"喂+|12345|(?:喂|嗨|哈[喽罗]|{_WHOM}|[，,。！!～~、 ])*+"
    r"(?:早上好|上午好|下午好|晚上好|好|在[吗么不]|在不在|有没有人|有人(?:没有|没|吗|么|在吗|不)|听得[到见]吗)"
    rf"(?:啊|呀|哈|呢|吗|在|{_WHOM}|[，,。！!～~、 ])*+",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:好[的了]?|嗯|行了?|知道了|明白了|懂了|收到|[，,。！!～~、 ])*+"
    r"(?:谢谢|多谢|感谢|谢了|辛苦|麻烦|拜托|thank you|thanks|thx)"
    rf"(?:谢谢|感谢|辛苦|麻烦|了|啊|呀|哈|啦|so much|very much|{_WHOM}|[，,。！!～~、 ])*+",
    re.IGNORECASE,
)
_JOKED = re.compile(
    r"(?:算了|哈|嘿|哎呀?|没事儿?|[，,。！!～~、 ])*+我?就?(?:是)?"
    r"(?:开(?:个)?玩笑|逗你?们?玩?|闹着玩|说着玩|当我没说|试试而已|随便问问|随便说说|闲聊)"
    r"(?:的|呢|哈|罢了|而已|啊|[，,。！!～~、 ])*+"
)
_CHATS = re.compile(
    r"(?:(?:给我|来|你?会)?(?:讲|说)个?(?:笑话|故事)|唱(?:个|首)?歌"
    r"|[你您](?:几岁|多大|叫什么|叫啥|姓什么|姓啥|是谁|喜欢我|爱我|吃饭?了?|睡了?|结婚|有对象|累不累|会什么|会干?啥)"
    r"|\d+[+\-×xX*÷/]\d+|(?:今天|明天|后天)(?:会|的)?(?:天气(?:怎么样|如何|咋样|好吗)|下雨吗|下不下雨|冷不冷|热不热)|给我(?:转|打|发)\d*(?:块钱|元|个?红包)"
    r"|好?无聊|写[首篇个](?:诗|作文|作业)|买(?:什么|哪只|哪支)(?:股票|彩票)).{0,4}"
)
_LONELY = re.compile(
    r"(?:你|能不能|可以|想|有没有人|谁|来)*(?:陪|跟|和|找)(?:我|个人|人)?(?:聊聊天?|说说话|说会儿话|聊会儿?天?|唠唠嗑?)(?:吗|吧|好吗|呗)?|聊聊天?"
)
_DOUBTS_US = re.compile(
    r"(?:你们这?|这里?|这个|您这)(?:是不是|是)?(?:个)?(?:诈骗|骗子|骗人的?|假的|真的|官方的?|正规的?|政府的?)(?:吗|么|吧|公众号吗|号吗)"
    r"|是不是(?:诈骗|骗子|骗人的|假的)|(?:怎么|咋|凭什么|拿什么)(?:证明|相信|信)(?:你们?|你们是.{1,6})|我?不相?信(?:你们?)?"
)
_LEADERS = re.compile(
    r"(?:(?:我)?(?:要|想)?(?:给|找|跟|向))?(?:市长|县长|区长|镇长|乡长|书记|局长|主任|县委书记|领导)(?:的)?(?:信箱|热线|邮箱|电话)?(?:写信|写封信|打(?:个)?电话|说|反映|反应|投诉)?(?:在哪里?|怎么写|是多少|吗)?"
    r"|(?:你们)?(?:能|可以)?(?:帮我)?转给(?:市长|县长|书记|领导)(?:吗|看看)?"
)
_ROBOT = re.compile(
    r"[你您这](?:到底)?(?:是不是|是)?(?:个|一个)?"
    r"(?:机器人|机器|真人|人工智能|AI|chatgpt|gpt|豆包|文心|智能客服|电脑)(?:吧|吗|么|啊|呀|还是.{1,4})?[？?！!]*",
    re.IGNORECASE,
)
_PLAINER = re.compile(
    r"(?:^|[我你您这的，, ])(?:眼睛?|眼神|字).{0,4}(?:看不(?:太|大)?(?:清|见)|不(?:太)?好使?|花了?|太?小)"
    r"|[你您]?(?:说|讲|打字)[得的]?慢一?点|[听看]不太?懂.{0,4}(?:简单|短)"
)
_VENTS = re.compile(
    r"(?:(?:你们?|你们这些人|政府|热线|12345|这帮人|到底|就|都|只|光|真|还|是|会|知道|在|啊|[，,。！!？? ])*+"
    r"(?:踢皮球|推来推去|管不管(?:事|了)?|不管事|不作为|吃干饭|拿工资不(?:干活|办事)|糊弄(?:人|老百姓|鬼)?|忽悠(?:人|老百姓)?|敷衍(?:人|了事)?|骗(?:人|老百姓)"
    r"|有(?:什么|啥|个屁)?用|(?:什么|啥)?破(?:玩意儿?|东西|系统|机器|号)|[问说](?:什么|啥)(?:什么|啥|都|也)*不(?:会|知道|懂)|(?:什么|啥)[都也]不(?:会|懂)|干什么吃的|什么态度|说话不算(?:数|话)|没一个(?:好东西|管用的)|摆设)"
    r"(?:的|吗|嘛|吧|啊|呀|呢|了|[，,。！!？? ])*+)++"
)
_WHAT_WE_DO = re.compile(
    r"(?:请问|那|[你您]们?|这里|这儿|这个|这|12345|热线|到底|都)*+(?:能|会|可以)(?:帮|为|给|替)?(?:我|我们|老百姓)?(?:做|办|干|帮|管|解决)*(?:我)?(?:些|点)?"
    r"(?:什么|啥|哪些)(?:忙|事情?儿?|问题)?(?:呢|啊|呀|吗)?"
    r"|(?:请问|这个?|[你您]们?|这个号|公众号|我)*(?:要|该)?(?:怎么|咋|如何)(?:个)?(?:用|使用|操作|弄)(?:法)?(?:啊|呀|呢|嘛)?|(?:都)?有(?:什么|啥|哪些)(?:功能|服务|用处)"
    r"|[你您]们?(?:这(?:里|儿)?)?(?:到底)?是(?:哪里|哪儿|哪个单位|什么单位|什么地方|干什么|干啥|做什么)的?"
)
_LINE_BUSY = re.compile(
    r"^(?:你们|你们的|热线|12345|电话|那个|的|怎么|为什么|咋|老是|老|总是|总|一直|都|[，,。 ])*+"
    r"(?:12345|热线|电话)?(?:打不通|打不进去?|占线|没人接|不接|接不通)(?:啊|呀|呢|了|吗)*$"
)
_NO_TYPING = re.compile(
    r"(?:我|俺|咱|老了|年纪大|眼花|手机|[，,。 ])*+"
    r"(?:不太?会|不会|不怎么会|不晓得怎么|学不会|认不得|不认得?|不识)"
    r"(?:打字?|写字?|字|拼音|用手机|用微信|弄手机|弄这个|弄|操作|用)(?:了|啊|呀|的|呢|嘛|[，,。 ])*"
    r"|(?:我|俺)?打字(?:太|很|好)?(?:慢|费劲|难)(?:了|啊|呀)?"
)
_WANTS_INFORMATION = re.compile(
    r"[你您好我本人公司想要需依法现向贵单位局府政们，, ]{0,16}申请(?:政府)?(?:信息)?公开[：:，, 一下]{0,4}(?P<what>.{4,})",
    re.DOTALL,
)
_HELP_CALLED = re.compile(
    r"(?:我|我们|已经|刚才?|都|谢谢|好了?|人|他|她|[，,。！! ])*+"
    r"(?:(?:打|拨|叫)(?:过|了)?(?:110|119|120|救护车|警察|消防)(?:电话)?了?|报(?:过|了)?警(?:过)?了"
    r"|(?:救护车|消防员?|警察|民警|医生)(?:已经|都)?(?:来|到)(?:过)?了"
    r"|送(?:到|去|进)?医院了|救(?:出|上)来了|(?:都)?(?:出来|下来)了|找(?:到|着|回来)了|火?(?:扑|灭)(?:灭|掉)?了)"
    r"(?:谢谢|了|的|啊|呀|人没事|没事|[，,。！! ])*+"
)
_ASKS_HOW = re.compile(r"怎么|如何|咋|什么|哪|多久|多少|要不要|能不能|流程|条件|材料$")
_LEAST_LETTERS = 8
_HELP = re.compile(r"(?:please )?help(?: me| us)?[!. ]*", re.IGNORECASE)
_FOREIGN = re.compile(r"[A-Za-z]{2,}")
_HAN = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=64)  # of one message asked a dozen times
def _plain(text: str) -> str:
    return simplified(text).strip(" 。.，,！!？?、~～…")


def greets(text: str) -> bool:
    """“叔叔你好”, “喂 有人没有啊”: nothing but a greeting."""
    return 1 < len(text) <= _LONGEST and _GREETS.fullmatch(_plain(text)) is not None


def thanks(text: str) -> bool:
    """“谢谢你啊 小同志”, “好的 麻烦你们了”: nothing but thanks."""
    return len(text) <= _LONGEST and _THANKS.fullmatch(_plain(text)) is not None


def joked(text: str) -> bool:
    """“算了 开玩笑的”: what was said before is not meant."""
    return len(text) <= _LONGEST and _JOKED.fullmatch(_plain(text)) is not None


def chats(text: str) -> bool:
    """“讲个笑话”: to pass the time, and about nothing this service does."""
    return len(text) <= _LONGEST and _CHATS.fullmatch(_plain(text)) is not None


def wants_company(text: str) -> bool:
    """“陪我聊聊”: somebody to talk to, which may be more than it says."""
    return len(text) <= _LONGEST and _LONELY.fullmatch(_plain(text)) is not None


def doubts_us(text: str) -> bool:
    """“你们这是诈骗吗”: who is right to ask before leaving a number."""
    return len(text) <= _LONGEST and _DOUBTS_US.fullmatch(_plain(text)) is not None


def asks_for_leaders(text: str) -> bool:
    """“我要给市长写信”."""
    return len(text) <= _LONGEST and _LEADERS.fullmatch(_plain(text)) is not None


def help_called(text: str) -> bool:
    """“已经打120了”, “报警了”: help is on its way or was there; no new danger."""
    return len(text) <= _LONGEST and _HELP_CALLED.fullmatch(_plain(text)) is not None


def vents(text: str) -> bool:
    """“你们就会踢皮球”: anger at this office, and not a word of what is the matter."""
    return len(text) <= _LONGEST and _VENTS.fullmatch(_plain(text)) is not None


def asks_what_we_do(text: str) -> bool:
    """“你们能帮我什么”, “这个怎么用”."""
    return len(text) <= _LONGEST and _WHAT_WE_DO.fullmatch(_plain(text)) is not None


def cannot_type(text: str) -> bool:
    """“我不会打字”, “不识字”."""
    return "不" in text and len(text) <= _LONGEST and _NO_TYPING.fullmatch(_plain(text)) is not None


def line_is_busy(text: str) -> bool:
    """“12345打不通”."""
    return len(text) <= _LONGEST and _LINE_BUSY.search(_plain(text)) is not None


def information_wanted(text: str) -> str | None:
    """“我要申请公开去年的预算”: which information, where a sentence applies for some outright."""
    found = (
        None if text.rstrip().endswith(("?", "？", "吗", "呢")) else _WANTS_INFORMATION.match(text.strip())
    )
    return found["what"].strip() if found and not _ASKS_HOW.search(found["what"]) else None


def asks_who_answers(text: str) -> bool:
    """“你是不是机器人”."""
    return len(text) <= _LONGEST and _ROBOT.fullmatch(_plain(text)) is not None


def wants_plainer_words(text: str) -> bool:
    """“我眼睛看不太清，你说慢点”: about how this service writes, not about a lamp."""
    return len(text) <= _LONGEST and _PLAINER.search(_plain(text)) is not None


def in_another_language(text: str) -> bool:
    """Words of another script, and no Chinese."""
    if _HELP.fullmatch(text.strip()):
        return True
    words = [] if _HAN.search(text) else _FOREIGN.findall(text)
    return len(words) > 1 and sum(map(len, words)) >= _LEAST_LETTERS
