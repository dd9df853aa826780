"""What a sentence is to the dialogue: a question of its own, one that hangs on another, or something told.

The classifier reads whole sentences; of a short question its request type is a guess, which may offer a filing but
must not stand in the way of an answer.
"""

from __future__ import annotations

import re

from bot.talk.heard_beside import meant
from bot.talk.place_words import bare_place
from bot.talk.replacing import replace
from bot.talk.session import PAUSE, Heard, Pick, Session
from knowledge_base.answering.evidence import grieves
from knowledge_base.answering.following import has_own_matter
from routing.citizen_request import RequestType

LONG_STORY = 40
"""Nobody asks the knowledge base at this length: whoever writes so much reports something."""
_SHORT_STORY = 6
_STORY = 12
_TROUBLE = re.compile(
    r"坏|没人|不亮|漏|堵|吵|脏|臭|摔|停电|停水|断水|没水|没电|积水|塌|乱[停放收扔倒搭]|占[道用了着]|拖欠|扰民|污染"
    r"|好几[天月次]|欠(?:我|薪|钱|了|着|工资)|不[给发]工资|跑路|老板跑|求求|帮帮|救救|没路走|成山|井盖"
    r"|被困|困[住人]|出不来|晕倒|走丢|触电|着火|冒烟|受伤|害怕|怕被|不敢[走过出]|危险|太挤|车(?:太|好)多"
)
"""Said of a thing, without a question: a trouble told, though a known question comes near it."""
_FOLLOW_UP = 10
_SCANT = 5
"""So short a question after an answer goes on about it even where it names a matter (没房本咋办)."""
_ASKS = re.compile(
    r"[吗呢？?哪咋啥谁]|(?<![好没过这那])几(?!乎|[次回趟遍天年]了|个月了)|怎么|怎样|如何|什么|多少(?![次回遍]了)|多久|多大|能不能|可不可以|有没有|是不是|要不要|可以|是否|请问|[不没么]$"
)
_PROVISION = re.compile(r"第[一二三四五六七八九十百千零〇两\d]{1,7}[条款章]")
_GOES_ON = re.compile(r"^(?:那|还有|然后|另外|再)")
_PUTS_RIGHT = re.compile(r"^(?:不是|不对|错了|没有)?[，,。 ]*(?:我(?:说|问|讲|要|指)的是|我是(?:说|问)|不是)")
_SURE_TYPE = 0.7
_SEEKS_HELP = re.compile(r"(?:怎么办|咋办|咋整|找谁|谁管|谁来管|归谁管)(?:啊|呀|呢)?[？?]?$")
_OF_THE_REPORT = re.compile(
    r"修好|管管|管一管|处理|解决|[有没]人管|谁管|来人|来看|来修|快点|快一点|尽快|为什么|为啥|凭什么|凭啥"
)
_WISHES = re.compile(r"建议|希望|表扬|感谢|谢谢")
_TROUBLES = frozenset({RequestType.COMPLAINT, RequestType.HELP, RequestType.REPORT})


_OUTRIGHT = re.compile(
    r"(?:[吗呢么？?]|怎么办|咋办|怎么弄|咋弄|多少钱?|什么时候|干嘛|干啥)[。.！!~]*$"
    r"|^(?:请问|怎么|如何|为什么|为啥)"
)


def asks_outright(text: str) -> bool:
    """Whether it cannot be anything but a question: “门口有吗” is, “哪里都是” is not."""
    return bool(_OUTRIGHT.search(text.strip()))


_CLAUSES = re.compile(r"[，,。；;！!\s]+")
_LEADS_IN = re.compile(
    r"^(?:就是|我|俺|那|这|还|就|请|想|要|来|跟你们?|麻烦|帮(?:我|忙)|顺便)*(?:问(?:一下|下|问|个|一个|哈)?|打听(?:一下|下)?|咨询(?:一下|下)?|了解(?:一下|下)?)"
    r"(?:[，,：:]|就是|那个|这个|一个)*"
)
_LEAST_CORE = 5


def core(text: str) -> str | None:
    """The last question in a message that tells of more: “我腿脚不好 想问问那个残疾证咋办” asks 残疾证咋办."""
    clauses = [clause for clause in _CLAUSES.split(text) if clause]
    asked = next((clause for clause in reversed(clauses) if asks(clause)), None)
    bare = _LEADS_IN.sub("", asked) if asked is not None else ""
    return bare if len(bare) >= _LEAST_CORE and bare != text and not hangs_on_another(bare) else None


_ASIDE = re.compile(
    r"^(?:对了|哦|那个|我|再|还)*(?:顺便|另外|顺带|顺路)[，, ]*(?:再|还|想|我)*(?:问|打听|咨询|请教|了解)"
    r"|^(?:对了|哦|那个)?[，, ]*(?:我?想|再|还想|请)?(?:问|打听|咨询|请教)(?:一下|下|个|一句)"
)


def asks_beside(text: str) -> bool:
    """“顺便问一下，高龄津贴怎么领”: said to be a question of its own, whatever it stands in."""
    return asks(text) and _ASIDE.search(text.strip()) is not None


def apart(text: str) -> tuple[str, str] | None:
    """What is told and what is asked after it: “在人民路12号，高龄津贴怎么领”. None where nothing is asked apart."""
    if len(text) >= LONG_STORY or not asks(text):
        return None
    for between in _CLAUSES.finditer(text):
        told, asked = text[: between.start()], _LEADS_IN.sub("", text[between.end() :]).strip()
        if told and not asks(told) and asks(asked) and len(asked) >= _LEAST_CORE:
            return told, asked
    return None


def asks(text: str) -> bool:
    """Whether it is put as a question, or asks for an article of a document."""
    return bool(_ASKS.search(text.strip(" 。.!！~")) or _PROVISION.search(text))


def asks_within(text: str) -> bool:
    """Whether a question stands anywhere in it."""
    return _ASKS.search(text) is not None


def tells(text: str, *, near: bool) -> bool:
    """Whether it tells of something, however unsure its type; ``near`` when a known question comes near it."""
    if len(text) >= LONG_STORY:
        return True
    if asks(text) or len(text) < _SHORT_STORY:
        return False
    return not near or (len(text) >= _STORY and _TROUBLE.search(text) is not None)


def tells_trouble(text: str) -> bool:
    return _TROUBLE.search(text) is not None


def hangs_on_another(text: str) -> bool:
    """“第二条呢”, “那去哪办”: nothing in it says of what."""
    if len(text) > _FOLLOW_UP or not (asks(text) or _GOES_ON.search(text)):
        return False
    return not has_own_matter(_PROVISION.sub("", text))


def put(session: Session, heard: Heard) -> Session:
    """The session with this as the last question. A short one after an answer keeps what it follows; one that says
    nothing by itself, whatever was asked just before."""
    rested = session.updated_at is None or heard.now - session.updated_at > PAUSE
    follows_on = session.about is not None and len(heard.text) <= _SCANT
    follows_on = follows_on or (not rested and hangs_on_another(heard.text))
    follows = (session.follows or session.question) if follows_on else None
    if not follows_on and not rested and _PUTS_RIGHT.match(heard.text):
        follows = (
            session.whole_question or None
        )  # “不是，我说的是医保卡” says what was meant by the one before
    told_before = session.whole_question or None
    if follows is None and not rested and told_before and _goes_on_telling(session, heard):
        follows = told_before
    return replace(session, question=heard.text, follows=follows, asked=heard.message.key)


def _goes_on_telling(session: Session, heard: Heard) -> bool:
    """“每个月15号发的” after a question: no matter of its own, and no question. A place goes with a trouble told."""
    text, guess = heard.text, heard.understanding.reads_like
    if len(text) > _STORY or asks(text) or tells_trouble(text):
        return False
    if bare_place(text) is not None:
        told = session.question or ""
        offered = any(choice.pick is Pick.FILE_TEXT for choice in session.choices)
        return tells_trouble(told) or (offered and bool(told) and not asks(told))
    return guess is None or guess.confidence < _SURE_TYPE


def trusted_type(text: str, guess: RequestType | None) -> RequestType | None:
    """The guessed type of what is told; None for a question, which is 咨询 unless it cries for help."""
    if guess is None or guess is RequestType.CONSULTATION or hangs_on_another(text):
        return None
    guess = meant(guess, text)
    if not asks(text) or _WISHES.search(text):
        return guess
    return guess if guess in _TROUBLES and (grieves(text) or _SEEKS_HELP.search(text)) else None


def goes_with_report(text: str) -> bool:
    """“什么时候能修好”: a question, but about what was just reported."""
    return bool(_OF_THE_REPORT.search(text)) or hangs_on_another(text)


def gap_wording(question: str, follows: str | None) -> str:
    """One asker's words for what the library lacks: a follow-up that says nothing by itself gives way to the question
    it follows."""
    return follows if follows and hangs_on_another(question) else question
