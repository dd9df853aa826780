"""How a citizen says what they think of the handling: stars in words or digits, or how it turned out; text alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.talk.questions import asks
from bot.talk.spoken_forms import simplified

MOST_COMMENT = 300
_LONGEST_OUTCOME = 60
"""Whoever writes more under the notice may be telling of something new."""
_CLAUSES = re.compile(r"[，,。！!？?；;、～~…\s]+")
_BEFORE = (
    r"(?:我|就|算|是|觉得|感觉|总体|总的来说|反正|那|嗯|唉|哎|哦|给|打|评|选|个|你们?|他们|这次)*+"
    r"(?:办[得的事]|处理得?|修得|弄得)?"
)
_AFTER = r"(?:吧|啊|呀|了|的|呢|哦|哈|嘛|喽|咯|得很|极了|好评|差评)*+"
_NUMERALS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "满": 5, "十": 5}
_COUNTED = re.compile(rf"{_BEFORE}(10|100|[0-5]|[零一二两三四五满十])(?:个|颗)*+[星分]{_AFTER}")
_SAID = (
    (
        1,
        "非常不满意|很不满意|十分不满意|太不满意|特别不满意|一点[都也]?不满意|极不满意|太差劲?|很差劲?|差劲|极差|最差|差评|垃圾"
        "|太烂|很烂|糟糕|太糟糕|糟透|差到家|气死我|太气人|太坑人",
    ),
    (
        2,
        "不太?满意|不够满意|没有?满意|不怎么样|不行|不太行|不好|不太好|不咋样|不咋的|不怎么好|不理想|差点意思|差|失望|很失望|太失望",
    ),
    (
        3,
        "基本满意|比较满意|还行|还可以|还好|一般|一般般|马马虎虎|凑合|凑和|过得去|将就|就那样|勉强|勉勉强强|不好不坏|还成|也就那样|中等",
    ),
    (
        5,
        "非常满意|很满意|十分满意|特别满意|太满意|满意极|太好|特别好|非常好|真好|很好|好极|好得很|很棒|真棒|太棒|点赞|点个赞|赞|完美"
        "|没得说|顶呱呱|非常棒|超级满意|超好|大大的好|挺满意",
    ),
    (4, "满意|挺好|不错|真不错|蛮好|蛮不错|很不错|办得好|挺不错|可以|中|蛮满意|满意的"),
)
_IN_WORDS = tuple((stars, re.compile(rf"{_BEFORE}(?:{words}){_AFTER}")) for stars, words in _SAID)
_OUTCOME = re.compile(
    r"没(?:有)?(?:给|人|谁|见|把|帮|彻底|完全|全)?.{0,3}?"
    r"(?:修|好|弄|来|解决|处理|办|管|亮|通|动|清|搬|拆|退|换|联系|打电话|回复|答复|变化|结果|反应|效果|用)"
    r"|还是|还没|还不|还在|仍然?|依然|依旧|照样|老样子|[又再].{1,8}了|根本|压根|等于没|[跟和]没"
    r"|白(?:反映|说|打|报|搭|忙)|假的|骗人|骗鬼|糊弄|敷衍|应付|忽悠|推(?:来|诿|给|卸)|踢皮球|走过场|说一套"
    r"|(?:修|弄|办|处理|解决|清理|搞|换|补|通|亮|退)(?:好|完|干净|过|上|掉)?了|[来联系]+过?了|好了"
    r"|态度|太慢|拖[了着这那到拉沓]|一拖再拖|效率|真快|很快|挺快|及时|负责|辛苦|感谢|谢谢|答复|回复|答非所问"
)
"""How it turned out, or how one was treated."""
_STILL = re.compile(
    r"哪里?(?:修|解决|办|处理|弄|好|清)|放屁|扯淡|没|还是|还不|还在|根本|压根|白(?:反映|说|打|报)|又"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``stars`` where they were said; ``comment`` where more was said than stars."""

    stars: int | None
    comment: str | None


def verdict_in(text: str) -> Verdict | None:
    """What a text says of the handling; None where it says nothing of it. “没修好” tells how it turned out, and leaves
    the stars to whoever it was."""
    said = simplified(text).strip()
    clauses = [clause for clause in _CLAUSES.split(said[:MOST_COMMENT]) if clause]
    found = [(n, stars) for n, clause in enumerate(clauses) if (stars := _stars(clause)) is not None]
    if found:
        alone = len(clauses) == 1
        return Verdict(found[0][1], None if alone else text.strip()[:MOST_COMMENT])
    if len(said) > _LONGEST_OUTCOME or not _OUTCOME.search(said):
        return None
    # “怎么还没修好” complains; “答复是什么意思” asks.
    return None if asks(said) and not _STILL.search(said) else Verdict(None, text.strip()[:MOST_COMMENT])


def _stars(clause: str) -> int | None:
    counted = _COUNTED.fullmatch(clause)
    if counted is not None:
        number = counted[1]
        return max(1, min(5, _NUMERALS[number] if number in _NUMERALS else int(number)))
    return next((stars for stars, pattern in _IN_WORDS if pattern.fullmatch(clause)), None)
