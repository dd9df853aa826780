"""A ticket on its way, pure: progress, supplement, remind, rating in two taps, withdraw, rework."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from bot.talk import interrupted, phrases, said_freely, spoken
from bot.talk.replacing import replace
from bot.talk.session import (
    Choice,
    FindProgress,
    Heard,
    ListMine,
    Pick,
    Picture,
    Purpose,
    Rate,
    Remind,
    Reopen,
    Session,
    ShowTicket,
    Step,
    Supplement,
    Turn,
    Withdraw,
    to_home,
    to_step,
)
from bot.wording import STARS
from routing.ticket import SATISFIED_FROM

Handler = Callable[[Session, Heard, str], Turn]

MOST_WRONG_CODES = 5
CODE_PAUSE = timedelta(hours=1)
"""Six digits are guessed quickly without a limit."""

TICKET_NUMBER = re.compile(r"HY\d{8,14}", re.IGNORECASE)
_FILLER = re.compile(
    r"(?:请问|请|麻烦|帮我|帮忙|帮|给我|那个|我|想|要|看(?:一下|下)?|查(?:询|一下|下)?|进度|办理|工单号?|单号|号码?|是|的|查询码|密码|码|和|怎么样了|到哪(?:了|一步了?)|办(?:得|的|好)?|处理(?:得|好)?|有没有|有|结果|消息|情况|现在|怎么样|咋样|你好|您好|这个|这张|工单|单子|了|吗|呢|一下|[\s：:，,；;。.、/()（）？?“”\"'])++"
)
_SPACED = re.compile(r"HY((?:\s?\d){8,14})(?![\d])", re.IGNORECASE)
_BARE_NUMBER = re.compile(r"\D*?(\d{10,14})\D*")
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_MOST_COMMENT = 300
_SHORT = 4


def asked_ticket(text: str) -> tuple[str, str | None] | None:
    """Number and perhaps query code, when the whole sentence asks for a ticket."""
    joined = _SPACED.sub(lambda spaced: "HY" + re.sub(r"\s", "", spaced[1]), text)
    number = TICKET_NUMBER.search(joined)
    if number is None:
        return None
    rest = joined[: number.start()] + " " + joined[number.end() :]
    code = _CODE.search(rest)
    if code is not None:
        rest = rest[: code.start()] + " " + rest[code.end() :]
    if rest.strip() and not _FILLER.fullmatch(rest):
        return None
    return number[0].upper(), code[0] if code else None


def find(session: Session, heard: Heard, number: str, code: str | None) -> Turn:
    """Look a ticket up, unless this conversation has guessed at codes too often."""
    if code is not None and codes_left(session, heard) <= 0:
        return to_home(session, phrases.CODE_BLOCKED)
    return Turn(replace(session, asked_number=number), act=FindProgress(number, code))


def codes_left(session: Session, heard: Heard) -> int:
    if session.wrong_code_at is None or heard.now - session.wrong_code_at >= CODE_PAUSE:
        return MOST_WRONG_CODES
    return MOST_WRONG_CODES - session.wrong_codes


# ---- choices


def show_mine(session: Session, heard: Heard, value: str) -> Turn:
    return Turn(session, act=ListMine(Purpose.VIEW))


def turn_page(session: Session, heard: Heard, value: str) -> Turn:
    """``value`` is purpose, stars and page, as ``page_choice`` wrote it."""
    purpose, stars, page = value.split("|")
    return Turn(session, act=ListMine(Purpose(purpose), int(stars) if stars else None, int(page)))


def page_choice(word: str, purpose: Purpose, stars: int | None, page: int) -> Choice:
    return Choice(word, Pick.PAGE, f"{purpose}|{stars or ''}|{page}")


def by_number(session: Session, heard: Heard, value: str) -> Turn:
    return to_step(session, Step.ASK_NUMBER, phrases.ASK_NUMBER)


def pick_ticket(session: Session, heard: Heard, value: str) -> Turn:
    """``value`` is number, purpose and perhaps stars, as ``ticket_choice`` wrote it."""
    number, purpose, stars = value.split("|")
    return Turn(session, act=ShowTicket(number, Purpose(purpose), int(stars) if stars else None))


def ticket_choice(number: str, note: str, purpose: Purpose, stars: int | None) -> Choice:
    return Choice(number, Pick.TICKET, f"{number}|{purpose}|{stars or ''}", note)


def start_supplement(session: Session, heard: Heard, value: str) -> Turn:
    if session.ticket is None:
        return Turn(session, act=ListMine(Purpose.SUPPLEMENT))
    return to_step(session, Step.SUPPLEMENT, phrases.SUPPLEMENT)


def remind(session: Session, heard: Heard, value: str) -> Turn:
    if session.ticket is None:
        return Turn(session, act=ListMine(Purpose.REMIND))
    return Turn(session, act=Remind(session.ticket))


def start_withdrawal(session: Session, heard: Heard, value: str) -> Turn:
    if session.ticket is None:
        return Turn(session, act=ListMine(Purpose.WITHDRAW))
    return ask_to_withdraw(session)


def ask_to_withdraw(session: Session, *say: str) -> Turn:
    """Whether it is meant, and why: one tap answers both."""
    reasons = tuple(Choice(reason, Pick.WITHDRAW_SURELY, reason) for reason in phrases.WITHDRAWALS)
    choices = (*reasons, Choice("不撤了", Pick.HOME))
    return to_step(session, Step.WITHDRAW, *say, phrases.SURELY_WITHDRAW, choices=choices)


def withdraw(session: Session, heard: Heard, value: str) -> Turn:
    if session.ticket is None or session.step is not Step.WITHDRAW:
        return start_withdrawal(session, heard, value)
    return Turn(session, act=Withdraw(session.ticket, value))


def reopen(session: Session, heard: Heard, value: str) -> Turn:
    if session.ticket is None:
        return Turn(session, act=ListMine(Purpose.VIEW))
    reason = "、".join(session.reasons) or "市民不满意，要求重新办理"
    return Turn(session, act=Reopen(session.ticket, reason))


# ---- rating: first tap the stars, second tap the reason


def start_rating(session: Session, heard: Heard, value: str) -> Turn:
    if session.ticket is None:
        return Turn(session, act=ListMine(Purpose.RATE))
    return ask_stars(session)


def ask_stars(session: Session, *say: str) -> Turn:
    """The choices stand in the order of their stars, so a typed digit is the stars. What was said before may have been
    about something else."""
    choices = tuple(Choice(word, Pick.STARS, str(stars)) for stars, word in STARS.items())
    return to_step(session, Step.RATE, *say, phrases.RATE, choices=(*choices, *_elsewhere(session)))


def _elsewhere(session: Session) -> tuple[Choice, ...]:
    """Words, or a digit while a filing was open, may have been about something else."""
    meant_else = session.comment is not None or session.interrupted is not None
    return (Choice("不是说这件事", Pick.ELSEWHERE),) if meant_else else ()


def choose_stars(session: Session, heard: Heard, value: str) -> Turn:
    """From the rating question, or typed out of the blue after a notice: then the ticket is looked up."""
    stars = int(value)
    if session.ticket is None or session.step is not Step.RATE:
        return Turn(session, act=ListMine(Purpose.RATE, stars))
    return rate_at_once(session, stars) if session.comment else ask_reason(session, stars)


def ask_reason(session: Session, stars: int, *say: str) -> Turn:
    reasons = phrases.REASONS[stars]
    given = (*(Choice(r, Pick.REASON, r) for r in reasons), Choice("不说了", Pick.REASON))
    choices = (*given, *_elsewhere(session))
    question = (
        phrases.WHY_BAD
        if stars < SATISFIED_FROM
        else phrases.WHY_FAIR
        if stars == SATISFIED_FROM
        else phrases.WHY_GOOD
    )
    return to_step(replace(session, stars=stars), Step.RATE_REASON, *say, question, choices=choices)


def choose_reason(session: Session, heard: Heard, value: str) -> Turn:
    return _rate(session, (value,) if value else (), None)


def rate_at_once(session: Session, stars: int, *say: str) -> Turn:
    """Stars and reason came in one sentence: nothing is left to ask."""
    turn = _rate(replace(session, stars=stars, comment=None), (), session.comment)
    return replace(turn, say=(*say, *turn.say))


def _rate(session: Session, reasons: tuple[str, ...], comment: str | None) -> Turn:
    if session.ticket is None or session.stars is None:
        return Turn(session, act=ListMine(Purpose.RATE))
    resolved = True if "问题解决了" in reasons else False if "问题没解决" in reasons else None
    act = Rate(session.ticket, session.stars, reasons, resolved, comment)
    return Turn(replace(session, reasons=reasons or ((comment,) if comment else ())), act=act)


HANDLERS: dict[Pick, Handler] = {
    Pick.PROGRESS: show_mine,
    Pick.MINE: show_mine,
    Pick.PAGE: turn_page,
    Pick.BY_NUMBER: by_number,
    Pick.TICKET: pick_ticket,
    Pick.SUPPLEMENT: start_supplement,
    Pick.REMIND: remind,
    Pick.WITHDRAW: start_withdrawal,
    Pick.WITHDRAW_SURELY: withdraw,
    Pick.REOPEN: reopen,
    Pick.RATE: start_rating,
    Pick.STARS: choose_stars,
    Pick.REASON: choose_reason,
}


# ---- in the citizen's own words


def hear(session: Session, heard: Heard) -> Turn | None:
    """A sentence at one of these steps; None when it is about something else."""
    about_something_else = not any(c.isdigit() for c in heard.text) and len(heard.text) > _SHORT
    if session.step in (Step.ASK_NUMBER, Step.ASK_CODE) and about_something_else:
        return None
    if session.step is Step.ASK_NUMBER:
        bare = _BARE_NUMBER.fullmatch(heard.text)
        asked = asked_ticket(heard.text) or (asked_ticket(f"HY{bare[1]}") if bare else None)
        if asked is None:
            return to_step(session, Step.ASK_NUMBER, phrases.BAD_NUMBER)
        return find(session, heard, *asked)
    if session.step is Step.ASK_CODE and session.asked_number:
        another = asked_ticket(heard.text)
        if another is not None:
            return find(session, heard, *another)
        code = _CODE.search(heard.text)
        if code is None:
            return to_step(session, Step.ASK_CODE, phrases.BAD_CODE)
        return find(session, heard, session.asked_number, code[0])
    if session.step is Step.SUPPLEMENT and session.ticket:
        word = spoken.command_word(heard.text)
        if (
            (word.isdigit() and len(word) <= 2)
            or word in spoken.CHATTER
            or said_freely.says_nothing(heard.text)
        ):
            return to_step(session, Step.SUPPLEMENT, phrases.SUPPLEMENT)
        emergency = heard.understanding.emergency
        card = (phrases.emergency_card(emergency),) if emergency else ()
        return Turn(session, card, act=Supplement(session.ticket, heard.text))
    if session.step is Step.RATE_REASON and not heard.text.isdigit():
        turn = _rate(session, (), heard.text[:_MOST_COMMENT])
        emergency = heard.understanding.emergency
        return replace(turn, say=(phrases.emergency_card(emergency), *turn.say)) if emergency else turn
    return None


def add_picture(session: Session, heard: Heard, number: str) -> Turn:
    """A photo for a ticket already filed."""
    message = heard.message
    picture = Picture(message.media_id or message.key, message.picture_url)
    return Turn(session, act=Supplement(number, "市民补充了照片。", (picture,)))


def add_place(session: Session, heard: Heard, number: str) -> Turn:
    """A location for a ticket already filed."""
    where = heard.text or f"东经{heard.message.longitude}，北纬{heard.message.latitude}"
    return Turn(session, act=Supplement(number, f"市民补充了位置：{where}"))


def after_back(session: Session) -> Turn:
    """返回 at these steps: from the reasons to the stars, from a question about a ticket to the ticket, from the ticket
    home; and to the filing that a notice came into."""
    if session.step is Step.RATE_REASON and session.ticket:
        return ask_stars(replace(session, stars=None, reasons=()))
    if session.interrupted is not None:
        return interrupted.home(session)
    if session.ticket and session.step not in (Step.TICKET, Step.PICK_TICKET, Step.ASK_NUMBER, Step.ASK_CODE):
        return Turn(session, act=ShowTicket(session.ticket))
    return to_home(session, phrases.WENT_HOME)
