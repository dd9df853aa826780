"""What a sentence is to the dialogue: a question of its own, one that hangs on another, or something told.

The classifier reads whole sentences; of a short question its request type is a guess, which may offer a filing but
must not stand in the way of an answer.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.session import PAUSE, Heard, Session
from knowledge_base.answering.evidence import grieves
from knowledge_base.answering.following import has_own_matter
from routing.citizen_request import RequestType

LONG_STORY = 40
"""Nobody asks the knowledge base at this length: whoever writes so much reports something."""
_SHORT_STORY = 6
_FOLLOW_UP = 10
_SCANT = 5
"""So short a question after an answer goes on about it even where it names a matter (没房本咋办)."""
_ASKS = re.compile(
    r"[吗呢？?哪几咋啥谁]|怎么|怎样|如何|什么|多少|多久|多大|能不能|可不可以|有没有|是不是|要不要|可以|是否|请问|[不没么]$"
)
_PROVISION = re.compile(r"第[一二三四五六七八九十百千零〇两\d]{1,7}[条款章]")
_GOES_ON = re.compile(r"^(?:那|还有|然后|另外|再)")
_SEEKS_HELP = re.compile(r"(?:怎么办|咋办|咋整|找谁|谁管|谁来管|归谁管)(?:啊|呀|呢)?[？?]?$")
_OF_THE_REPORT = re.compile(
    r"修好|处理|解决|[有没]人管|谁管|来人|来看|来修|快点|快一点|尽快|为什么|为啥|凭什么|凭啥"
)
_WISHES = re.compile(r"建议|希望|表扬|感谢|谢谢")
_TROUBLES = frozenset({RequestType.COMPLAINT, RequestType.HELP, RequestType.REPORT})


def asks(text: str) -> bool:
    """Whether it is put as a question, or asks for an article of a document."""
    return bool(_ASKS.search(text.strip(" 。.!！~")) or _PROVISION.search(text))


def tells(text: str, *, near: bool) -> bool:
    """Whether it tells of something, however unsure its type; ``near`` when a known question comes near it."""
    if len(text) >= LONG_STORY:
        return True
    return len(text) >= _SHORT_STORY and not near and not asks(text)


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
    return replace(session, question=heard.text, follows=follows, asked=heard.message.key)


def trusted_type(text: str, guess: RequestType | None) -> RequestType | None:
    """The guessed type of what is told; None for a question, which is 咨询 unless it cries for help."""
    if guess is None or guess is RequestType.CONSULTATION or hangs_on_another(text):
        return None
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
