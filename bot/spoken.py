"""What typed words and digits stand for, whatever their width, spacing or politeness."""

from __future__ import annotations

import re
import unicodedata

from bot.session import Pick
from bot.wording import LABELS, STARS
from routing.citizen_request import RequestType

_WORDS: dict[Pick, str] = {
    Pick.HOME: "首页 回首页 回到首页 主菜单 菜单 帮助 开始 你好 您好 你好啊 您好啊 在吗 在不在 有人吗 hi hello",
    Pick.ASK: "我要问 提问 问政策 我要咨询 咨询 我想咨询 我想问一下 请问",
    Pick.FILE: "我要反映 反映问题 我要反映问题 反映 登记 我要登记 提交诉求 转工单",
    Pick.PROGRESS: "查进度 进度 查询进度 查询 查一下 查工单 办到哪了 办得怎么样了 查办理进度",
    Pick.MINE: "我的诉求 我的工单 我的",
    Pick.RESUME: "接着填 继续 继续填 继续填写",
    Pick.MESSAGE: "留言 我要留言",
    Pick.SUPPLEMENT: "补充 补充材料 我要补充",
    Pick.REMIND: "催办 催一下 催单 我要催办 催 帮我催一下",
    Pick.WITHDRAW: "撤回 撤单 撤销 我要撤回 我要撤单",
    Pick.RATE: "评价 我要评价 打分",
    Pick.REOPEN: "重办 重新办理 我要重办",
    Pick.UNSOLVED: "没解决 没有解决 还是没解决 没用 没有用 没啥用 没什么用 没帮助 没有帮助 没帮上忙 不管用 不顶用 "
    "不顶事 答非所问 不对 不对啊 不对吧 答错了 说错了 答的不对 说的不对 不是这个 不是这个意思 不是我问的 没答到点上 转人工登记",
    Pick.ELDER: "长辈模式 长辈版 老年模式 老人模式 大字版 关怀模式",
    Pick.USEFUL: "有用 很有用 有帮助 管用 解决了 明白了 懂了",
}
COMMANDS: dict[str, tuple[Pick, str]] = {
    **{word: (pick, "") for pick, words in _WORDS.items() for word in words.split()},
    **{word: (Pick.STARS, str(stars)) for stars, word in STARS.items()},
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
GREETINGS = frozenset(
    ["你好", "您好", "你好啊", "您好啊", "在吗", "在不在", "有人吗", "hi", "hello", "开始", "帮助"]
)
PUZZLED = frozenset(["", "不懂", "看不懂", "没看懂", "不明白"])
"""Nothing but marks (？), or words that say the question was not understood."""
THANKS = frozenset(
    ["谢谢", "多谢", "谢谢你", "谢谢您", "谢谢了", "谢谢啊", "谢谢你啊", "谢谢您啊", "好谢谢", "好的谢谢"]
) | frozenset(["好，谢谢", "好的，谢谢", "好的", "好", "知道了", "嗯", "行", "再见", "辛苦了", "收到"])
ROBOT = frozenset(["你是机器人吗", "您是机器人吗", "你是机器人", "是机器人吗", "你是真人吗", "你是人吗"])
CANCEL = frozenset(["#", "取消", "退出", "#首页", "#取消"])
PERSON = re.compile(r"0|0人工|(?:我要|给我|帮我)?(?:转接?|找)?(?:人工|真人|活人|接线员)(?:服务|客服)?")
DIAL = re.compile(r"(?:快|请|帮我)?(?:拨打|拨|打|叫)?(110|119|120)")
"""Emergency numbers typed here as if this were a telephone."""
BACK = frozenset(["返回", "上一步", "后退", "1返回"])
LEAVE_FREE_TEXT = frozenset({Pick.HOME, Pick.PROGRESS, Pick.MINE, Pick.STARS})
"""Commands that also work where the citizen writes freely; anything else there is their own words."""

SPOKEN_FOR: dict[Pick, frozenset[str]] = {
    Pick.FILE_TEXT: frozenset(
        ["登记", "登记这件事", "登记成工单", "登记一下", "帮我登记", "请登记", "转工单"]
    ),
    Pick.SUBMIT: frozenset(
        ["确认", "提交", "确定", "是", "是的", "对", "对的", "好", "好的", "可以", "没问题", "没错"]
    ),
    Pick.TYPE: frozenset(["是", "是的", "对", "对的", "嗯", "好", "好的", "可以", "确认", "确定", "没错"]),
    Pick.WITHDRAW_SURELY: frozenset(["确定", "确认", "是", "是的", "对", "撤回"]),
    Pick.REOPEN: frozenset(["要", "要的", "是", "是的", "对", "好", "好的", "重办"]),
    Pick.RESUME: frozenset(["是", "是的", "对", "好", "好的", "要"]),
    Pick.DISCARD: frozenset(["不", "不是", "不要", "不用", "不对"]),
    **{
        pick: frozenset(word for word, (meant, _) in COMMANDS.items() if meant is pick)
        for pick in (Pick.USEFUL, Pick.UNSOLVED)
    },
    Pick.SKIP: frozenset(["跳过", "没有", "不留", "不方便", "不说"]),
}
CHATTER = THANKS | SPOKEN_FOR[Pick.TYPE]
"""Yes and thanks: an answer to none of the questions that ask for more than yes."""
ANONYMOUS = re.compile(r"(?<!不)(?<!不要)(?<!不想)(?<!不用)匿名")
SECRET = re.compile(r"(?<!不)(?<!不要)(?<!不想)(?<!不用)保密")
REFUSES = re.compile(r"不|没有|算了")
_NUMERALS = dict(zip("一二三四五六七八九", "123456789", strict=True))
_PLAIN = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFF01, 0xFF5F), *range(0x2460, 0x2469))
    if chr(code).isalnum() or chr(code) in "＃＋－＠"
}
_TRIM = " \t\r\n。.，,！!？?、;；~～"
MENU_KEYS = {
    "ask": Pick.ASK,
    "file": Pick.FILE,
    "progress": Pick.PROGRESS,
    "mine": Pick.MINE,
    "person": Pick.PERSON,
    "rate": Pick.RATE,
    "home": Pick.HOME,
}


def tidy(text: str) -> str:
    """Full-width letters and digits made plain, control characters and outer spaces taken off.

    Chinese punctuation stays: this text is what the ticket will say.
    """
    plain = text.translate(_PLAIN)
    return "".join(c for c in plain if c == "\n" or unicodedata.category(c)[0] != "C").strip()


def command_word(text: str) -> str:
    """A short sentence reduced to the word it may be: no spaces, marks or capitals, one numeral a digit."""
    word = re.sub(r"\s+", "", text).strip(_TRIM).lower()
    word = word.removeprefix("第").removesuffix("个") if len(word) == 3 else word
    return _NUMERALS.get(word, word)
