"""What typed words and digits stand for, whatever their width, spacing or politeness."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.talk.spoken_forms import as_digit, plainer, width_plain, without_keycaps
from bot.talk.spoken_forms import simplified as simplified
from bot.talk.steps import Pick
from bot.wording import LABELS, STARS
from routing.citizen_request import RequestType

_WORDS: dict[Pick, str] = {
    Pick.HOME: "首页 回首页 回到首页 主菜单 菜单 帮助 开始 你好 您好 你好啊 您好啊 在吗 在不在 有人吗 hi hello",
    Pick.ASK: "我要问 提问 问政策 我要咨询 咨询 我想咨询 我想问一下 请问",
    Pick.FILE: "我要反映 反映问题 我要反映问题 反映 登记 我要登记 提交诉求 转工单",
    Pick.PROGRESS: "查进度 进度 查询进度 查询 查一下 查下 查查 查工单 办到哪了 办到哪儿了 办得怎么样了 "
    "怎么样了 咋样了 办得咋样了 有结果了吗 有结果吗 有消息吗 有消息了吗 处理了吗 处理好了吗 解决了吗 办了吗 "
    "到哪一步了 啥情况了 什么情况了 "
    "办的怎么样了 办好了吗 办好没 处理得怎么样了 查办理进度 我反映的事怎么样了",
    Pick.MINE: "我的诉求 我的工单 我的 我的事 我反映的事 我的单子",
    Pick.RESUME: "接着填 继续 继续填 继续填写",
    Pick.MESSAGE: "留言 我要留言",
    Pick.SUPPLEMENT: "补充 补充材料 我要补充",
    Pick.REMIND: "催办 催一下 催单 我要催办 催 帮我催一下 催催 催一催 再催 再催一下 再催催 没人管 还没人管 怎么还没人管 "
    "没人来 还没人来 怎么还没人来 咋还没人来 怎么还没办 怎么还不办 咋还没办 咋还不办 还没办好",
    Pick.WITHDRAW: "撤回 撤单 撤销 我要撤回 我要撤单 撤了吧 不用办了 我不投诉了 不反映了",
    Pick.RATE: "评价 我要评价 打分",
    Pick.REOPEN: "重办 重新办理 我要重办",
    Pick.UNSOLVED: "没解决 没有解决 还是没解决 没用 没有用 没啥用 没什么用 没帮助 没有帮助 没帮上忙 不管用 不顶用 "
    "不顶事 答非所问 不对 不对啊 不对吧 答错了 说错了 答的不对 说的不对 不是这个 不是这个意思 不是我问的 没答到点上 转人工登记",
    Pick.ELDER: "长辈模式 长辈版 老年模式 老人模式 大字版 关怀模式 关怀版",
    Pick.ELDER_ON: "看不清 看不清字 字看不清 看不清字了 看不太清 字太小看不清 字太小了看不清 看不清楚 我看不清 我看不清楚 "
    "字太小 字太小了 字小看不清 看不见字 老花眼 眼睛不好 眼神不好 "
    "我眼神不好 我年纪大 我年纪大了 我是老人 我是老年人 老年 老人 老年人 长辈 说短一点 说短点 说简单点 讲简单点 简单点说",
    Pick.ELDER_OFF: "普通模式 正常模式 标准模式 退出长辈模式 关闭长辈模式 不用长辈模式",
    Pick.PRIVACY: "隐私 隐私说明 隐私政策 个人信息 个人信息说明 个人信息保护 隐私保护",
    Pick.FORGET: "删除我的信息 删除我的电话 删除我的手机号 删掉我的信息 "
    "删掉我的电话 删掉我的号码 忘掉我的电话 忘记我的电话 清除我的信息",
    Pick.DISCLOSURE: "依申请公开 申请公开 信息公开申请 申请信息公开 政府信息公开 政府信息公开申请 我要申请公开 申请政府信息公开",
    Pick.USEFUL: "有用 很有用 有帮助 管用 解决了 明白了 懂了",
}
_STARS_SAID = ((1, "1", "一"), (2, "2", "二", "两"), (3, "3", "三"), (4, "4", "四"), (5, "5", "五"))
COMMANDS: dict[str, tuple[Pick, str]] = {
    **{word: (pick, "") for pick, words in _WORDS.items() for word in words.split()},
    **{word: (Pick.STARS, str(stars)) for stars, word in STARS.items()},
    **{
        f"{said}{star}": (Pick.STARS, str(n))
        for n, *names in _STARS_SAID
        for said in names
        for star in "星颗"
    },
    **dict.fromkeys(("马马虎虎", "一般般", "还行", "凑合", "过得去"), (Pick.STARS, "3")),
    **{"很差": (Pick.STARS, "1"), "差评": (Pick.STARS, "1"), "很好": (Pick.STARS, "5")},
    **{
        spoken: (Pick.FILE, kind.value)
        for kind, name in LABELS[RequestType].items()
        if kind is not RequestType.CONSULTATION
        for spoken in (name, f"我要{name}", f"我想{name}")
    },
}
VERDICTS = frozenset(word for word, (pick, _) in COMMANDS.items() if pick in (Pick.USEFUL, Pick.UNSOLVED))
"""A citizen's word on an answer: never part of what they report."""
OF_NEGLECT = frozenset(
    word for word, (pick, _) in COMMANDS.items() if pick is Pick.REMIND and "催" not in word
)
"""没人管, 怎么还没人来: a reminder, or where the handling is rated, a word on that."""
GREETINGS = frozenset(
    ["你好", "您好", "你好啊", "您好啊", "在吗", "在不在", "有人吗", "hi", "hello", "开始", "帮助"]
)
PUZZLED = frozenset(["", "不懂", "看不懂", "没看懂", "不明白"])
"""Nothing but marks (？), or words that say the question was not understood."""
LOST = frozenset(
    [
        "不懂",
        "看不懂",
        "没看懂",
        "不明白",
        "还是不懂",
        "还是看不懂",
        "还是不明白",
        "听不懂",
        "太长了",
        "太多字了",
    ]
)
"""The answer was not understood."""
THANKS = frozenset(
    ["谢谢", "多谢", "谢谢你", "谢谢您", "谢谢了", "谢谢啊", "谢谢你啊", "谢谢您啊", "好谢谢", "好的谢谢"]
) | frozenset(["好，谢谢", "好的，谢谢", "好的", "好", "知道了", "嗯", "行", "再见", "辛苦了", "收到"])
THANKING = re.compile(
    r"(?:好了?|好的|行了?|嗯+|知道了|明白了|收到|修好了|解决了)?[，,。]?(?:谢谢|多谢|感谢|辛苦)(?:[你您]们?|了|啊|呀|大家|政府|闺女|姑娘|同志|小[伙妹]子?|师傅|大姐|大哥|老师|领导)*"
)
ROBOT = frozenset(["你是机器人吗", "您是机器人吗", "你是机器人", "是机器人吗", "你是真人吗", "你是人吗"])
CANCEL = frozenset(
    ["#", "取消", "退出", "#首页", "#取消", "#回到自动服务", "#结束人工", "结束人工", "不办了", "不弄了"]
)
PERSON = re.compile(
    r"0|0人工|(?:请|麻烦)?(?:我要|我想|给我|帮我|能不能)?(?:转接?到?|找个?|叫个?|换个?|接)?"
    r"(?:人工|真人|活人|接线员|话务员|客服|工作人员)(?:服务|客服|台|坐席)?(?:来|接|说话?|聊)?(?:吧|啊|呀|嘛)?"
    r"|(?:我要|我想|给我|帮我)?(?:找|叫|换)个?人(?:来|说话?|聊|吧)?|(?:我要|我想)?[跟和]人说话?"
)
DIAL = re.compile(r"(?:快|请|帮我)?(?:拨打|拨|打|叫)?(110|119|120)")
"""Emergency numbers typed here as if this were a telephone."""
BACK = frozenset(["返回", "上一步", "后退", "1返回", "回去", "退回", "回上一步"])
LEAVE_FREE_TEXT = frozenset(
    {Pick.HOME, Pick.PROGRESS, Pick.MINE, Pick.STARS, Pick.ELDER, Pick.ELDER_ON, Pick.ELDER_OFF, Pick.PRIVACY}
    | {Pick.FORGET}
)
"""Commands that also work where the citizen writes freely; anything else there is their own words."""
OF_TICKETS = frozenset({Pick.SUPPLEMENT, Pick.REMIND, Pick.WITHDRAW, Pick.RATE, Pick.REOPEN, Pick.DISCLOSURE})
"""Commands that may pass over a filing that is only offered; one under way is ended first."""

SPOKEN_FOR: dict[Pick, frozenset[str]] = {
    Pick.FILE_TEXT: frozenset(
        ["登记", "登记这件事", "登记成工单", "登记一下", "帮我登记", "请登记", "转工单"]
    ),
    Pick.SUBMIT: frozenset(
        ["确认", "提交", "确定", "是", "是的", "对", "对的", "好", "好的", "可以", "没问题", "没错"]
    ),
    Pick.TYPE: frozenset(["是", "是的", "对", "对的", "嗯", "好", "好的", "可以", "确认", "确定", "没错"]),
    Pick.WITHDRAW_SURELY: frozenset(["确定撤回", "确定", "确认", "是", "是的", "对", "撤回"]),
    Pick.REOPEN: frozenset(["要", "要的", "是", "是的", "对", "好", "好的", "重办"]),
    Pick.RESUME: frozenset(["是", "是的", "对", "好", "好的", "要"]),
    Pick.OTHER_TYPE: frozenset(["不是", "不对", "都不是", "不是这个", "换一个", "换"]),
    Pick.DISCARD: frozenset(["不", "不是", "不要", "不用", "不对"]),
    Pick.SPLIT: frozenset(
        ["分开", "是", "是的", "对", "对的", "要", "好", "好的", "嗯", "分", "两件", "分成两件", "分开办"]
    ),
    Pick.TOGETHER: frozenset(
        [
            "不",
            "不用",
            "不要",
            "不分",
            "不分开",
            "一起",
            "合在一起",
            "一件",
            "一件事",
            "是一件事",
            "合成一件事",
        ]
    ),
    Pick.PLACE: frozenset(
        ["是", "是的", "对", "对的", "嗯", "好", "好的", "就是这里", "就这里", "就是这儿", "没错", "就是那里"]
    ),
    Pick.PHONE: frozenset(
        ["是", "是的", "对", "对的", "嗯", "好", "好的", "同意", "就用这个", "用这个", "就这个", "可以"]
    ),
    Pick.ELDER_ON: frozenset(["是", "是的", "好", "好的", "要", "可以"]),
    **{
        pick: frozenset(word for word, (meant, _) in COMMANDS.items() if meant is pick)
        for pick in (Pick.USEFUL, Pick.UNSOLVED)
    },
    Pick.SKIP: frozenset(["跳过", "没有", "不留", "不方便", "不说", "不同意"]),
}
CHATTER = THANKS | SPOKEN_FOR[Pick.TYPE]
"""Yes and thanks: an answer to none of the questions that ask for more than yes."""
ANONYMOUS = re.compile(r"(?<!不)(?<!不要)(?<!不想)(?<!不用)匿名")
SECRET = re.compile(r"(?<!不)(?<!不要)(?<!不想)(?<!不用)保密")
REFUSES = re.compile(r"不|没有|算了")
REFUSES_PHONE = re.compile(
    r"(?:不|别|没法|没必要)(?:太|大|怎么)?(?:想|愿意?|肯|敢|便|方便|打算|需要|用|必|能|要)?(?:再)?(?:留|给|说|填|写|提供|告诉|透露|公布)"
    r"|(?:电话|号码?|手机|联系方式).{0,4}(?:不|没有|算了|免了)|(?:不用|不要|别)(?:打?电话|联系)"
    r"|不同意|不方便|没(?:有|得)?(?:手机|电话|号)|不想要|不愿"
    r"|(?:^|[，,。 ])(?:那|就|还是|我)*(?:不用|不要|不必|不了|没有|不想|不行|不|算了)(?:了|吧|谢谢|的)*[。！!~，, ]*(?:$|怕|谢)"
)
SUBMITS = frozenset({"确认提交", "确认", "提交"})
_PLAIN = {
    code: width_plain(code)
    for code in (*range(0xFF01, 0xFF5F), *range(0x2460, 0x2469))
    if chr(code).isalnum() or chr(code) in "＃＋－＠"
}
_WIDE = re.compile(f"[{''.join(map(chr, _PLAIN))}]")
_LONGEST_COMMAND = 40
_TRIM = " \t\r\n。.，,！!？?、;；~～"
MENU_KEYS = {
    "ask": Pick.ASK,
    "file": Pick.FILE,
    "progress": Pick.PROGRESS,
    "mine": Pick.MINE,
    "person": Pick.PERSON,
    "rate": Pick.RATE,
    "home": Pick.HOME,
    "remind": Pick.REMIND,
    "supplement": Pick.SUPPLEMENT,
    "withdraw": Pick.WITHDRAW,
    "elder": Pick.ELDER,
    "privacy": Pick.PRIVACY,
    "disclosure": Pick.DISCLOSURE,
}
_KNOWN = frozenset(COMMANDS).union(
    CANCEL, BACK, GREETINGS, PUZZLED, THANKS, ROBOT, SUBMITS, *SPOKEN_FOR.values()
) - {""}


def tidy(text: str) -> str:
    """Full-width letters and digits made plain, control characters and outer spaces taken off.

    Chinese punctuation stays: this text is what the ticket will say.
    """
    if text.isprintable() and _WIDE.search(text) is None:  # as most is typed
        return text.strip()
    plain = text.translate(_PLAIN)
    return "".join(c for c in plain if c == "\n" or unicodedata.category(c)[0] != "C").strip()


def command_word(text: str) -> str:
    """A short sentence reduced to the word it may be: no spaces, marks or capitals, one numeral a digit, traditional
    characters simplified; politeness and particles go where a known word is left."""
    if len(text) > _LONGEST_COMMAND:
        return text.strip(_TRIM).lower()
    return _reduced(text)


@lru_cache(maxsize=256)
def _reduced(text: str) -> str:
    """Asked several times in one turn."""
    word = simplified(without_keycaps(re.sub(r"\s+", "", text)).strip(_TRIM).lower())
    digit = as_digit(word)
    if digit is not None or word in _KNOWN:
        return digit or word
    return next((each for each in plainer(word) if each in _KNOWN), word)
