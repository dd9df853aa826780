"""Each answer keeps its own files, whatever is asked and answered after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.given_answers import given_answers
from bot.photos.kinds import Photo, PhotoId, PhotoKind, SentUp, Source
from bot.ticket_view import view_of
from routing.acts import answers
from routing.citizen_request import Channel
from routing.departments import load_units
from routing.ticket import Rating, Ticket
from routing.workflow import CITIZEN
from tests.factories import (
    CITY_MANAGEMENT,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_ticket,
)

UNITS = load_units()
DAY = timedelta(days=1)


def a_file(
    at: datetime, name: str = "proof", *, to_citizen: bool = True, source: Source = Source.OFFICIAL
) -> Photo:
    return Photo(
        id=PhotoId(f"{name}-{at.timestamp()}"),
        number="HY",
        kind=PhotoKind.PICTURE,
        source=source,
        media_type="image/jpeg",
        size=1,
        at=at,
        to_citizen=to_citizen,
    )


def done_twice() -> Ticket:
    """Told how far it was on day 1, answered on day 2, sent back on day 3, answered again on day 5."""
    ticket = a_ticket(a_request(channel=Channel.WECHAT))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30)
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30)
    answers.interim_reply(ticket, actor=a_liaison(), now=MONDAY_9_30 + DAY, text="配件已经订了。")
    ticket.reply(actor=a_liaison(), now=MONDAY_9_30 + 2 * DAY, text="已经修好。")
    ticket.resolve(actor=a_liaison(), now=MONDAY_9_30 + 2 * DAY)
    ticket.rate(Rating(1), actor=CITIZEN, now=MONDAY_9_30 + 3 * DAY)
    ticket.reopen(profile=PROFILE, actor=CITIZEN, now=MONDAY_9_30 + 3 * DAY, reason="还是不亮")
    return ticket


def answered_again(ticket: Ticket) -> Ticket:
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30 + 4 * DAY)
    ticket.reply(actor=a_liaison(), now=MONDAY_9_30 + 5 * DAY, text="整条线路换过了。")
    return ticket


def test_a_photo_goes_with_the_answer_it_was_added_for_and_stays_there() -> None:
    at = [MONDAY_9_30 + n * DAY for n in range(7)]
    photos = [a_file(at[1]), a_file(at[2] - DAY / 2), a_file(at[2]), a_file(at[2] + DAY / 2), a_file(at[4])]
    again = given_answers(done_twice(), photos)
    assert [(one.text, len(one.files)) for one in again.told] == [("配件已经订了。", 1), ("已经修好。", 3)]
    assert again.current is None
    assert again.done_again
    assert not again.shows(photos[4]), "it lies ready for the next answer"
    whole = given_answers(answered_again(done_twice()), photos)
    assert whole.current is not None
    assert (whole.current.text, whole.current.files) == ("整条线路换过了。", (photos[4],))
    assert [(one.text, len(one.files)) for one in whole.earlier] == [("已经修好。", 3)]
    assert not whole.done_again


def test_what_is_not_for_the_citizen_goes_with_no_answer() -> None:
    at = MONDAY_9_30 + DAY
    photos = [a_file(at, to_citizen=False), a_file(at, source=Source.WECHAT)]
    assert not any(given_answers(done_twice(), photos).shows(photo) for photo in photos)


@given(st.lists(st.integers(min_value=0, max_value=7 * 24), max_size=9))
def test_every_file_goes_with_one_answer_of_its_own_round_or_waits(hours: list[int]) -> None:
    ticket = answered_again(done_twice())
    reopened = MONDAY_9_30 + 3 * DAY
    photos = [a_file(MONDAY_9_30 + timedelta(hours=n), f"{i}") for i, n in enumerate(hours)]
    answers = given_answers(ticket, photos)
    for photo in photos:
        holders = [one for one in answers.told if photo in one.files]
        assert len(holders) == 1
        assert (holders[0].at >= reopened) == (photo.at > reopened)


def test_in_the_chat_the_old_answer_is_called_the_earlier_one_while_it_is_done_again() -> None:
    ticket = done_twice()
    said = view_of(ticket, UNITS).say(MONDAY_9_30 + 4 * DAY)
    assert "重新办理" in said
    assert "之前的答复：已经修好。" in said
    said = view_of(answered_again(ticket), UNITS).say(MONDAY_9_30 + 5 * DAY)
    assert "\n答复：整条线路换过了。" in said
    assert "之前的答复" not in said
    assert given_answers(replace(ticket, events=())).told == ()


def with_form(ticket: Ticket, *, final: bool = True, on_its_own: bool = False) -> Photo:
    """A file that came with the form of an answer, from the ticket as it stands."""
    how = SentUp(ticket.events[-1].seq, final)
    return replace(a_file(ticket.events[-1].at), sent_up=(how,), on_its_own=on_its_own)


def under_way() -> Ticket:
    ticket = a_ticket(a_request(channel=Channel.WECHAT))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30)
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30)
    answers.interim_reply(ticket, actor=a_liaison(), now=MONDAY_9_30, text="配件已经订了。")
    return ticket


def texts_with_files(ticket: Ticket, photo: Photo) -> list[str]:
    return [one.text for one in given_answers(ticket, [photo]).told if photo in one.files]


def test_what_came_with_an_answer_that_was_not_sent_is_seen_with_none_before_it() -> None:
    ticket = under_way()
    photo = with_form(ticket)
    assert not given_answers(ticket, [photo]).shows(photo), "in the same second as how far it was"
    answers.interim_reply(ticket, actor=a_liaison(), now=MONDAY_9_30 + DAY, text="配件到了。")
    assert not given_answers(ticket, [photo]).shows(photo), (
        "it is the proof of the answer, which is not there"
    )
    ticket.reply(actor=a_liaison(), now=MONDAY_9_30 + DAY, text="已经修好。")
    assert texts_with_files(ticket, photo) == ["已经修好。"]


def test_what_came_with_how_far_it_is_goes_with_the_first_words_that_are_sent() -> None:
    ticket = under_way()
    photo = with_form(ticket, final=False)
    answers.interim_reply(ticket, actor=a_liaison(), now=MONDAY_9_30 + DAY, text="配件到了。")
    ticket.reply(actor=a_liaison(), now=MONDAY_9_30 + DAY, text="已经修好。")
    assert texts_with_files(ticket, photo) == ["配件到了。"]


def test_nobody_sees_the_file_of_an_answer_before_its_review() -> None:
    ticket = under_way()
    photo, reviewed = with_form(ticket), replace(PROFILE, review_replies=True)
    for approved, seen in ((False, []), (True, ["已经修好。"])):
        ticket.reply(actor=a_liaison(), now=MONDAY_9_30 + DAY, text="已经修好。", profile=reviewed)
        assert not given_answers(ticket, [photo]).shows(photo)
        ticket.decide_reply(approved=approved, actor=a_dispatcher(), now=MONDAY_9_30 + DAY, reason="看过了")
        assert texts_with_files(ticket, photo) == seen


def test_a_second_form_on_an_answered_ticket_puts_nothing_under_the_answer_that_stands() -> None:
    ticket = answered_again(done_twice())
    photo = with_form(ticket)
    assert texts_with_files(ticket, photo) == []


def test_the_same_file_sent_with_two_answers_stays_with_both() -> None:
    ticket = done_twice()
    first = a_file(MONDAY_9_30 + DAY * 3 / 2)
    twice = replace(first, sent_up=with_form(ticket).sent_up)
    assert texts_with_files(ticket, twice) == ["已经修好。"]
    assert texts_with_files(answered_again(ticket), twice) == ["已经修好。", "整条线路换过了。"]


def test_what_tells_of_an_answer_names_the_files_of_that_one() -> None:
    ticket = answered_again(done_twice())
    ticket.resolve(actor=a_liaison(), now=MONDAY_9_30 + 5 * DAY)
    answers = given_answers(ticket, [a_file(MONDAY_9_30 + 2 * DAY)])
    said = [(e.kind.value, answers.about(e)) for e in ticket.events]
    counted = [(kind, len(one.files)) for kind, one in said if one is not None]
    assert counted == [
        ("interim_replied", 0),
        ("replied", 1),
        ("resolved", 1),
        ("replied", 0),
        ("resolved", 0),
    ]
