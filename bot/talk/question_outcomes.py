"""What to say once a question was put to the library: its answer, a choice of matters, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from bot.talk import filing, filing_words, phrases, place_words, questions, reporting_words
from bot.talk.replacing import replace
from bot.talk.reporting import begin_report
from bot.talk.session import (
    AskKnowledge,
    Choice,
    Draft,
    Heard,
    NoteLack,
    Pick,
    QuoteEntry,
    Session,
    Step,
    Turn,
    to_step,
)
from bot.wechat_text import tappable
from knowledge_base.answering.outcome import Answer, Refusal, RefusalReason, Suggestion
from knowledge_base.answering.outcome import Choice as SeveralMatters
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import RequestType

_MOST_SUGGESTION = 28
_LONG_QUESTION = 80
_NEARLY_CERTAIN = 0.93
_SHORT = 8
"""Of an answered question shorter than this the type it would have as a ticket is not guessed."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and the address of the page that says all of it, where there is one."""

    found: Answer
    page: str | None = None


def after_answer(session: Session, act: AskKnowledge | QuoteEntry, told: Told) -> Turn:
    """The answer, and whether it helped: 没解决 makes a ticket of the question."""
    likely = act.reads_like if isinstance(act, AskKnowledge) and len(act.question) >= _SHORT else None
    kind = (likely or RequestType.CONSULTATION).value
    useful, unsolved = Choice("有用", Pick.USEFUL), Choice("没解决", Pick.UNSOLVED, kind, "登记成工单")
    article_id = told.found.article_id
    same = session.about == article_id or questions.hangs_on_another(session.question or "")
    follows = session.follows if same else None
    said = phrases.answer(told.found, elder=session.elder, page=told.page)
    answered = replace(
        session,
        about=article_id,
        answered=session.asked,
        follows=follows,
        step=Step.HOME,
        choices=(useful, unsolved),
    )
    return Turn(answered, (said,))


def after_several(session: Session, act: AskKnowledge, several: SeveralMatters) -> Turn:
    """The matters by number, and a way to say that none of them was meant. Until one is chosen, a follow-up is about
    the first."""
    kind = act.reads_like.value if act.reads_like else ""
    options = tuple(
        Choice(
            tappable(option.question, _MOST_SUGGESTION), Pick.ENTRY, f"{option.article_id}|{option.question}"
        )
        for option in several.options
    )
    neither = Choice("都不是", Pick.NONE_OF_THESE, kind)
    first = replace(session, about=several.options[0].article_id)
    return to_step(first, Step.HOME, phrases.SEVERAL_MATTERS, choices=(*options, neither))


def after_refused_question(session: Session, act: AskKnowledge, refusal: Refusal, heard: Heard) -> Turn:
    """Why there is no answer, and filing; what an entry could have answered is kept as a lack. The question within a
    story is asked by itself first."""
    lack = LACKS.get(refusal.reason)
    core = _core(act, heard) if lack is Lack.UNANSWERED else None
    if core is not None:
        return Turn(session, act=AskKnowledge(core, None, None, narrowed=True))
    if act.narrowed:
        act = replace(act, question=heard.text)
    if refusal.reason in _OWN_MATTER and session.follows is None:
        # A question of its own began another matter: what follows now must not go back to the one before.
        session = replace(session, about=None)
    known_to_have_lapsed = refusal.reason is RefusalReason.LAPSED and len(act.question) < questions.LONG_STORY
    if lack is Lack.UNANSWERED and questions.hangs_on_another(act.question):
        if session.follows is None:
            return ask_which_matter(session)
        lack = None  # by itself it names nothing that an entry could be written about
        if not refusal.nearest and session.answered is not None:
            file = Choice("登记成工单", Pick.FILE_TEXT, RequestType.CONSULTATION.value)
            return to_step(session, Step.HOME, phrases.ALL_I_KNOW, choices=(file, Choice("首页", Pick.HOME)))
    matter = reporting_words.may_be_reported(act.question) if lack is not None else None
    if matter is not None and (session.draft is None or not session.draft.has_content):
        return begin_report(session, heard, matter)
    place = place_words.bare_place(act.question) if lack is not None else None
    if place is not None and session.draft is None:
        return filing.begin_at(session, heard, place, told=session.follows)
    kind_told = None if known_to_have_lapsed else act.reads_like or _told(act, refusal, heard)
    if kind_told is None:
        # Where not even the type is clear, filing will ask for it.
        read = heard.understanding.request_type
        if known_to_have_lapsed or questions.asks(act.question):
            read = RequestType.CONSULTATION
        if read is None and not refusal.nearest and _neither(act, refusal):
            turn = ask_or_report(session)
        else:
            turn = offer_filing(session, refusal, read.value if read else "")
    else:
        asks = kind_told is RequestType.CONSULTATION
        say = (phrases.UNIT_WILL_ANSWER,) if asks else ()
        text = (session.whole_question if asks or session.follows else "") or act.question
        if refusal.reason is RefusalReason.SENSITIVE:
            say = (phrases.SENSITIVE,)
        if session.draft is not None and session.draft.has_content:
            return ask_whether_same(session, kind_told)
        turn = filing.begin(session, heard, text=text, guess=kind_told, say=say)
        if not asks:
            return turn  # something is told, nothing asked: no entry could answer it
    if lack is None or turn.act is not None:
        return turn
    return replace(turn, act=NoteLack(session.asked, act.question, lack))


def _core(act: AskKnowledge, heard: Heard) -> str | None:
    fresh = not act.narrowed and act.reads_like is None and act.question == heard.text
    return questions.core(act.question) if fresh and len(act.question) < _LONG_QUESTION else None


def shown(act: AskKnowledge, found: Answer | SeveralMatters | Refusal) -> bool:
    """Whether this is what the message is answered with: what a story's own question found is mostly only offered, and
    its refusal is the message's, noted before."""
    return not act.narrowed or (isinstance(found, Answer) and found.confidence >= _NEARLY_CERTAIN)


def after_narrowed(session: Session, act: AskKnowledge, told: Told, heard: Heard) -> Turn:
    """The answer to the question within a story, where it is nearly certain; else it is only offered: the story may
    have been what matters."""
    if told.found.confidence >= _NEARLY_CERTAIN:
        return after_answer(session, act, told)
    near = Suggestion(told.found.article_id, told.found.title)
    return after_refused_question(session, act, Refusal((near,), RefusalReason.UNSURE), heard)


def ask_whether_same(session: Session, kind: RequestType) -> Turn:
    """Something told while an earlier filing waits: no word of either is dropped unasked."""
    assert session.draft is not None
    choices = (
        Choice("是一件事", Pick.ADD_WORDS, note="加进去"),
        Choice("另一件事", Pick.FILE_TEXT, kind.value, "先办这件，原来那件不办了"),
        Choice("接着填", Pick.RESUME, note="刚才这句不要了"),
    )
    said = phrases.same_matter(session.draft.text, session.question or "")
    return to_step(session, Step.HOME, said, choices=choices)


def ask_which_matter(session: Session) -> Turn:
    """“第二条呢”, and nothing before it: no form for that, only a question back."""
    choices = (
        Choice("登记成工单", Pick.FILE_TEXT, RequestType.CONSULTATION.value),
        Choice("首页", Pick.HOME),
    )
    return to_step(session, Step.HOME, phrases.WHICH_MATTER, choices=choices)


def _neither(act: AskKnowledge, refusal: Refusal) -> bool:
    return refusal.reason in LACKS and not questions.asks(act.question)


# ---- in the middle of a filing


def after_aside(
    session: Session, act: AskKnowledge, outcome: Told | SeveralMatters | Refusal, heard: Heard
) -> Turn:
    """A question between two answers of a filing: answered where it can be, and the filing goes on where it was."""
    assert session.draft is not None
    if isinstance(outcome, Told):
        said = phrases.answer(outcome.found, elder=session.elder, page=outcome.page)
        about = replace(session, about=outcome.found.article_id)
        return filing.ask(about, session.step, said, phrases.BACK_TO_FILING)
    no_answer = act.apart or isinstance(outcome, SeveralMatters) or outcome.reason in _NOT_OURS
    if no_answer or session.step is Step.SECRECY or questions.asks_beside(heard.text):
        return filing.ask(session, session.step, phrases.ASK_LATER)
    return filing_words.hear_answer(session, heard)


# ---- beside a filing that is only offered


def leaves_offer(session: Session, act: AskKnowledge, outcome: Told | SeveralMatters | Refusal) -> bool:
    """Whether what was said at the offer is a question of its own: then it is treated as one. Else it is more to the
    report."""
    question, draft = act.question, session.draft
    if not isinstance(outcome, Refusal):
        exactly = isinstance(outcome, Told) and outcome.found.confidence == 1.0
        return exactly or questions.asks(question) or act.reads_like is None
    if act.reads_like is not None:
        return not _reports(draft)
    if outcome.reason is RefusalReason.LAPSED:
        return True
    if not questions.asks(question):
        return False
    return not (_reports(draft) and questions.goes_with_report(question))


def beside_offer(session: Session, heard: Heard) -> Session:
    """The session with the question put. An offer to file a mere question is over; a report told is kept to be taken
    up again."""
    put = questions.put(session, heard)
    return replace(put, step=Step.HOME, choices=(), draft=session.draft if _reports(session.draft) else None)


def _reports(draft: Draft | None) -> bool:
    """Whether something was told that must not be lost; a short question may be asked again."""
    if draft is None:
        return False
    chosen = draft.request_type is not None  # gone back to, it is more than an offer
    asked_only = (
        draft.guess is RequestType.CONSULTATION and not chosen and len(draft.text) < questions.LONG_STORY
    )
    return not asked_only or bool(draft.pictures or draft.place or draft.parts or draft.more)


def with_way_back(turn: Turn) -> Turn:
    """The turn with 接着填 among its choices, where a report waits."""
    session = turn.session
    if session.step is not Step.HOME or session.draft is None:
        return turn
    if any(choice.pick is Pick.RESUME for choice in session.choices):
        return turn
    resume = Choice("接着填", Pick.RESUME, note="刚才反映的事")
    return replace(turn, session=replace(session, choices=(*session.choices, resume)))


_NOT_OURS = frozenset({RefusalReason.SENSITIVE, RefusalReason.OTHER_REGION, RefusalReason.LAPSED})
_OWN_MATTER = frozenset({RefusalReason.UNSURE, RefusalReason.NOTHING_NEAR, RefusalReason.OTHER_REGION})
LACKS = {
    RefusalReason.NOTHING_NEAR: Lack.UNANSWERED,
    RefusalReason.UNSURE: Lack.UNANSWERED,
    RefusalReason.LAPSED: Lack.LAPSED,
}
"""Refusals that leave the library something to do; the others are kept from answering on purpose."""


def offer_filing(session: Session, refusal: Refusal, kind: str) -> Turn:
    """The nearest questions, if any, then filing; for a sensitive matter a person first."""
    near = tuple(
        Choice(tappable(s.question, _MOST_SUGGESTION), Pick.SUGGESTION, s.question)
        for s in refusal.nearest[:3]
    )
    file = Choice("登记成工单", Pick.FILE_TEXT, kind)
    person = (Choice("转人工", Pick.PERSON),) if refusal.reason is RefusalReason.SENSITIVE else ()
    if refusal.reason is RefusalReason.SENSITIVE:
        near = ()  # neither quoted nor hinted at
    return to_step(session, Step.HOME, phrases.refused(refusal), choices=(*near, *person, file))


def _told(act: AskKnowledge, outcome: Refusal, heard: Heard) -> RequestType | None:
    """What to file a sentence as that tells of something rather than asks, whatever the rules made of it."""
    own_words = act.question == heard.text
    tells = questions.tells(act.question, near=bool(outcome.nearest))
    if not own_words or not tells:
        return None
    sure, leaning = heard.understanding.request_type, heard.understanding.leaning
    if sure is not None or leaning in _PLAIN:
        return sure or leaning
    troubled = questions.tells_trouble(act.question) or len(act.question) >= questions.LONG_STORY
    return RequestType.HELP if troubled else None


_PLAIN = frozenset({RequestType.HELP, RequestType.COMPLAINT})
"""What an unsure reading may be offered as: nobody is asked whether they praise or accuse for want of better."""


def ask_or_report(session: Session) -> Turn:
    """Neither a question that was recognised nor a type: the citizen says which of the two it is."""
    choices = (
        Choice("我要反映", Pick.FILE_TEXT),
        Choice("我要问", Pick.ASK),
        Choice("首页", Pick.HOME),
    )
    return to_step(session, Step.HOME, phrases.ASK_OR_REPORT, choices=choices)
