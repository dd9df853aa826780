"""What to say once an act was done, or refused: the second pure half of the dialogue."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.talk import filing_words, interrupted, phrases, questions, with_person
from bot.talk.both import after_both
from bot.talk.filing_outcomes import Filed as Filed
from bot.talk.filing_outcomes import after_filing
from bot.talk.following import (
    CODE_PAUSE,
    MOST_WRONG_CODES,
    ask_reason,
    ask_stars,
    ask_to_withdraw,
    page_choice,
    rate_at_once,
    ticket_choice,
)
from bot.talk.outcome_kinds import Done as Done
from bot.talk.outcome_kinds import Found as Found
from bot.talk.outcome_kinds import Mine as Mine
from bot.talk.outcome_kinds import PersonHours as PersonHours
from bot.talk.question_outcomes import (
    Told,
    after_answer,
    after_aside,
    after_narrowed,
    after_refused_question,
    after_several,
    beside_offer,
    leaves_offer,
    offer_filing,
    with_way_back,
)
from bot.talk.replacing import replace
from bot.talk.session import (
    Act,
    AskKnowledge,
    Choice,
    FileTicket,
    FindProgress,
    HandToPerson,
    Heard,
    ListMine,
    NoteLack,
    Pick,
    Purpose,
    QuoteEntry,
    Rate,
    RecordFeedback,
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
from bot.talk.supplying import way_out
from bot.ticket_view import TicketView
from bot.wechat_text import quote
from bot.wording import explain
from knowledge_base.answering.outcome import Choice as SeveralMatters
from knowledge_base.answering.outcome import Refusal
from routing.errors import Refused, TooOften
from routing.ticket import SATISFIED_FROM
from routing.workflow import Action

_MOST_LISTED = 6


Outcome = Told | SeveralMatters | Refusal | Filed | Found | Mine | Done | PersonHours | Refused | None


def after(session: Session, act: Act, outcome: Outcome, heard: Heard) -> Turn:
    """The turn that tells what came of an act; it may ask for one more act, such as showing the ticket."""
    match act, outcome:
        case AskKnowledge(beside=(_, *_)), Told() | SeveralMatters() | Refusal():
            return after_both(session, act, outcome, heard)
        case AskKnowledge(offered=True), Told() | SeveralMatters() | Refusal():
            if session.draft is not None and not filing_words.offered(session):
                return after_aside(session, act, outcome, heard)
            if not leaves_offer(session, act, outcome):
                return filing_words.add_words(session, heard)
            asked = replace(act, offered=False)
            turn = with_way_back(after(beside_offer(session, heard), asked, outcome, heard))
            return replace(turn, say=(*filing_words.alarm(heard), *turn.say))
        case AskKnowledge(narrowed=True), Told():
            return after_narrowed(session, act, outcome, heard)
        case AskKnowledge() | QuoteEntry(), Told():
            return after_answer(session, act, outcome)
        case AskKnowledge(), SeveralMatters():
            return after_several(session, act, outcome)
        case AskKnowledge(), Refusal():
            return after_refused_question(session, act, outcome, heard)
        case QuoteEntry(), Refusal():
            # It was in force when it was offered; midnight or an editor came between.
            return offer_filing(session, outcome, "")
        case FileTicket(), Filed():
            return after_filing(session, outcome, heard)
        case FindProgress(), Found():
            return _after_search(session, act, outcome, heard)
        case ListMine(), Mine():
            return _after_listing(session, act, outcome.tickets, heard)
        case ShowTicket(), Found(ticket=None):
            return interrupted.home(session, phrases.NOTHING_TO_ACT)
        case ShowTicket(purpose=Purpose.RATE), Found(ticket=TicketView() as ticket) if not ticket.may(
            Action.RATE
        ):
            return _rated_before(session, act, ticket) or _nothing_to_rate(session, heard)
        case ShowTicket(only=True), Found(ticket=TicketView() as ticket, page=page):
            return _show(session, ticket, heard.now, page=page, more=(_BY_NUMBER,))
        case ShowTicket(), Found(ticket=TicketView() as ticket, page=page):
            return _with_purpose(session, ticket, act.purpose, act.stars, heard.now, page=page)
        case HandToPerson(), PersonHours(opens_at=None, here=True):
            return with_person.hand_over(session, heard)
        case HandToPerson(), PersonHours():
            return _after_person(session, outcome, heard.now)
        case RecordFeedback(), None:
            return to_home(session, phrases.GLAD) if act.helpful else Turn(session)
        case NoteLack(), None:
            return Turn(session)
        case _, Done():
            return _after_act(session, act, outcome, heard.now)
        case Remind(), TooOften():
            return to_home(session, phrases.REMINDED_TODAY)
        case Supplement(), TooOften():
            return to_home(session, phrases.SUPPLEMENTED_ENOUGH)
        case _, Refused():
            return _after_refusal(session, outcome)
        case _:
            return Turn(session, silent=True)


def _after_person(session: Session, hours: PersonHours, now: datetime) -> Turn:
    resume = (Choice("接着填", Pick.RESUME),) if session.draft else ()
    choices = (Choice("留言", Pick.MESSAGE), *resume, Choice("首页", Pick.HOME))
    said = phrases.person(opens_at=hours.opens_at, now=now, phone=hours.phone)
    return to_step(to_home(session).session, Step.HOME, said, choices=choices)


# ---- tickets on their way


def _after_search(session: Session, act: FindProgress, found: Found, heard: Heard) -> Turn:
    if found.ticket is not None:
        known = replace(session, wrong_codes=0, wrong_code_at=None, asked_number=None)
        return _show(known, found.ticket, heard.now, page=found.page)
    if act.code is None:
        return to_step(session, Step.ASK_CODE, phrases.not_yours(act.number))
    since = session.wrong_code_at
    count = 0 if since is None or heard.now - since >= CODE_PAUSE else session.wrong_codes
    counted = replace(session, wrong_codes=count + 1, wrong_code_at=since if count else heard.now)
    left = MOST_WRONG_CODES - counted.wrong_codes
    if left <= 0:
        return to_home(counted, phrases.CODE_BLOCKED)
    return to_step(counted, Step.ASK_CODE, phrases.wrong_code(left))


_JUST_NOW = timedelta(hours=1)
_NEEDS = {
    Purpose.RATE: Action.RATE,
    Purpose.REMIND: Action.REMIND,
    Purpose.SUPPLEMENT: Action.SUPPLEMENT,
    Purpose.WITHDRAW: Action.WITHDRAW,
}


def _after_listing(session: Session, act: ListMine, mine: tuple[TicketView, ...], heard: Heard) -> Turn:
    now = heard.now
    if not mine and act.stars is None:
        waits = session.draft is not None and session.draft.has_content
        resume = (Choice("接着填", Pick.RESUME),) if waits else ()
        choices = (*resume, _BY_NUMBER, Choice("我要反映", Pick.FILE))
        kept = (phrases.DRAFT_KEPT,) if waits else ()
        return to_step(to_home(session).session, Step.HOME, phrases.NONE_MINE, *kept, choices=choices)
    if act.purpose is Purpose.VIEW:
        if len(mine) == 1:
            return Turn(session, act=ShowTicket(mine[0].number, only=True))  # nothing to choose among
        return _choose_among(session, mine, act, _BY_NUMBER)
    fitting = tuple(t for t in mine if t.may(_NEEDS[act.purpose]))
    if not fitting:
        rating = act.purpose is Purpose.RATE
        return _nothing_to_rate(session, heard) if rating else to_home(session, phrases.NOTHING_TO_ACT)
    if act.stars is not None:
        # Stars tapped under a notice are meant for the ticket it spoke of: the one just closed.
        fitting = tuple(t for t in fitting if now - t.happened[-1][0] < _JUST_NOW) or fitting
    if len(fitting) == 1:
        return _with_purpose(session, fitting[0], act.purpose, act.stars, now)
    return _choose_among(session, fitting, act)


def _rated_before(session: Session, act: ShowTicket, ticket: TicketView) -> Turn | None:
    """A second word on what was rated already, in the middle of a filing: it may be done again."""
    content = act.stars is not None and act.stars >= SATISFIED_FROM
    if session.interrupted is None or content:
        return None
    if not ticket.may(Action.REOPEN):
        return interrupted.home(session, phrases.RATED_BEFORE) if session.comment else None
    said = (session.comment,) if session.comment else ()
    kept = replace(session, ticket=ticket.number, reasons=said, comment=None)
    about = phrases.about_ticket(ticket.number, ticket.title)
    return to_step(kept, Step.BAD_RATING, about, phrases.REWORK, choices=_REWORK_CHOICES)


def _nothing_to_rate(session: Session, heard: Heard) -> Turn:
    """不满意，还是黑的, and no ticket to be rated: it tells of something new."""
    if not session.comment or session.interrupted is not None:
        return interrupted.home(session, phrases.NOTHING_TO_RATE)
    put = questions.put(replace(session, comment=None), heard)
    return Turn(put, act=AskKnowledge(heard.text, session.about, heard.understanding.request_type))


def _choose_among(session: Session, tickets: tuple[TicketView, ...], act: ListMine, *more: Choice) -> Turn:
    """Six at a time, the newest first."""
    pages = -(-len(tickets) // _MOST_LISTED)
    page = min(act.page, pages - 1)
    shown = tickets[page * _MOST_LISTED : (page + 1) * _MOST_LISTED]
    choices = [
        ticket_choice(t.number, f"{quote(t.title, 12)}（{t.state_name}）", act.purpose, act.stars)
        for t in shown
    ]
    if page + 1 < pages:
        choices.append(page_choice("下一页", act.purpose, act.stars, page + 1))
    if page > 0:
        choices.append(page_choice("上一页", act.purpose, act.stars, page - 1))
    said = phrases.pick_ticket(len(tickets), page, pages)
    return to_step(session, Step.PICK_TICKET, said, choices=(*choices, *more))


def _with_purpose(
    session: Session,
    ticket: TicketView,
    purpose: Purpose,
    stars: int | None,
    now: datetime,
    *,
    page: str | None = None,
) -> Turn:
    """Go on with what the citizen wanted, now that it is clear with which ticket."""
    if purpose is Purpose.VIEW:
        return _show(session, ticket, now, page=page)
    focused = replace(session, ticket=ticket.number)
    said = phrases.about_ticket(ticket.number, ticket.title)
    if purpose is Purpose.RATE:
        if stars and session.comment:
            return rate_at_once(focused, stars, said)
        return ask_reason(focused, stars, said) if stars else ask_stars(focused, said)
    if purpose is Purpose.REMIND:
        return Turn(focused, (said,), act=Remind(ticket.number))
    if purpose is Purpose.SUPPLEMENT:
        return to_step(focused, Step.SUPPLEMENT, said, phrases.SUPPLEMENT)
    return ask_to_withdraw(focused, said)


_BY_NUMBER = Choice("按工单号查", Pick.BY_NUMBER)
_REWORK_CHOICES = (Choice("要，重新办理", Pick.REOPEN), Choice("不用了", Pick.HOME))
_OFFERS = (
    (Action.RATE, Choice("评价", Pick.RATE)),
    (Action.REOPEN, Choice("重新办理", Pick.REOPEN)),
    (Action.SUPPLEMENT, Choice("补充", Pick.SUPPLEMENT)),
    (Action.REMIND, Choice("催办", Pick.REMIND)),
    (Action.WITHDRAW, Choice("撤回", Pick.WITHDRAW)),
)


def _show(
    session: Session,
    ticket: TicketView,
    now: datetime,
    *,
    page: str | None = None,
    more: tuple[Choice, ...] = (),
) -> Turn:
    offers = tuple(choice for action, choice in _OFFERS if ticket.may(action))
    choices = (*offers, *more, Choice("首页", Pick.HOME))
    focused = replace(session, ticket=ticket.number)
    details = (phrases.details(page),) if page else ()
    return to_step(focused, Step.TICKET, ticket.say(now), *details, choices=choices)


def _after_act(session: Session, act: Act, done: Done, now: datetime) -> Turn:
    ticket, opens_at = done.ticket, None if done.ticket.urgent else done.opens_at
    match act:
        case Supplement(pictures=pictures):
            said = phrases.supplemented(ticket.number, opens_at=opens_at, now=now)
            if session.interrupted is not None:
                return interrupted.home(session, said)
            # A photo sent on its own leaves the citizen where they are: more will follow.
            stays = bool(pictures) and session.step is not Step.SUPPLEMENT
            more = way_out(session)
            return Turn(session, (said,)) if stays else _show_again(session, ticket, said, more=more)
        case Remind():
            known = ticket.unit_name is not None
            told = phrases.reminded(ticket.number, opens_at=opens_at, now=now, unit_known=known)
            return _show_again(session, ticket, told, but=Action.REMIND)
        case Withdraw():
            return to_home(session, phrases.withdrawn(ticket.number))
        case Reopen():
            again = phrases.reopened(ticket.number, ticket.promised_at, opens_at=opens_at, now=now)
            return interrupted.home(session, again)
        case Rate(stars=stars, resolved=resolved):
            if (stars < SATISFIED_FROM or resolved is False) and ticket.may(Action.REOPEN):
                offered = phrases.offer_rework(stars)
                return to_step(session, Step.BAD_RATING, offered, choices=_REWORK_CHOICES)
            return interrupted.home(session, phrases.rated(stars))
        case _:
            return to_home(session)


def _show_again(
    session: Session,
    ticket: TicketView,
    said: str,
    *,
    but: Action | None = None,
    more: tuple[Choice, ...] = (),
) -> Turn:
    """Back at the ticket, with what may be done to it now (``but`` what was just done), not told all again."""
    offers = tuple(choice for action, choice in _OFFERS if ticket.may(action) and action is not but)
    focused = replace(session, ticket=ticket.number)
    return to_step(focused, Step.TICKET, said, choices=(*offers, *more, Choice("首页", Pick.HOME)))


def _after_refusal(session: Session, refused: Refused) -> Turn:
    """Say why and what to do; a draft stays so that nothing typed is lost."""
    return interrupted.home(session, explain(refused))
