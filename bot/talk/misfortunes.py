"""What befell somebody, as text alone, where a word of advice goes before everything else: fraud and theft."""

from __future__ import annotations

import re

from bot.talk import phrases
from bot.talk.spoken_forms import simplified

_LONGEST = 60
_HINT = re.compile(r"[骗冒诈转汇偷盗抢]|中奖|刷单")
_DEFRAUDED = re.compile(
    r"(?:我|俺|妈|爸|老伴|家里?人|老人|孩子|刚才?|今天|昨天)[^，。]{0,8}(?:被|遭|中了?)"
    r"[^，。]{0,6}(?:诈骗|骗)(?:了|走|子|$|[，, ])"
    r"|(?:电信|网络|刷单|杀猪盘|冒充)[^，。]{0,4}诈骗.{0,10}(?:转|汇|打)(?:走|了|出)|骗(?:走|了)我[^，。]{0,6}(?:万|千|块|元)"
)
_TRIED = re.compile(
    r"(?:冒充|假装|自称|说是)[^，。]{1,14}(?:转钱|转账|汇款|验证码|银行卡|打钱|退款)|(?:要我|让我|叫我|喊我)[^，。]{0,8}(?:转钱|转账|汇款|打钱|刷单|(?:给|报|发)[^，。]{0,6}验证码)"
    r"|(?:是不是|像|怕是|会不会是|遇到了?|碰到了?)(?:电信)?(?:诈骗|骗子)"
)
_PAID = re.compile(
    r"(?:转|汇|打|付|给)(?:了|过去|出去|走了?|给(?:他|她|对方)们?了?)+"
    r"[^，。]{0,6}[\d一二三四五六七八九十两几百千万]"
)
_ROBBED = re.compile(
    r"(?:被|让人|给人|遭)(?:人|小偷|贼)?(?:偷|盗|抢)(?:了|走|光|$|[，,。 ])|(?:遭|进)(?:小偷|贼)了"
)


def was_defrauded(text: str) -> bool:
    """“我被电信诈骗了 刚转走五万”: in the first hours a bank may still stop it."""
    return len(text) <= _LONGEST and _DEFRAUDED.search(simplified(text)) is not None


def advice_on(text: str, *, told: str = "") -> str | None:
    """What to do at once about a fraud or a theft; ``told`` is what was said before (“我已经转了五千”)."""
    if len(text) > _LONGEST or _HINT.search(text) is None:
        return None
    said = simplified(text)
    if _DEFRAUDED.search(said):
        return phrases.DEFRAUDED
    if _PAID.search(said) and (_TRIED.search(said) or _TRIED.search(told)):
        return phrases.DEFRAUDED
    if _TRIED.search(said):
        return phrases.FRAUD_TRIED
    return phrases.ROBBED if _ROBBED.search(said) else None
