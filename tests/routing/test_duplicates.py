"""What may be the same matter is found among many, told with its reasons, and to nobody it must not be told to."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.citizen_request import Citizen, Secrecy
from routing.departments import UnitId
from routing.errors import UnknownTicket
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore
from routing.places.gazetteer import load_gazetteer
from routing.resemblance.duplicate_index import DuplicateIndex, Reported, caller_key, places_apart
from routing.resemblance.duplicate_store import Asked, DuplicateFeed
from routing.resemblance.duplicates import (
    LIKELY,
    Candidate,
    PlaceRelation,
    Verdict,
    place_id_of,
    shared_phrases,
)
from routing.resemblance.likeness import Commonness, sketch
from routing.ticket import Ticket
from routing.workflow import Actor, Role, State
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    a_dispatcher,
    a_liaison,
    a_request,
    a_ticket,
)

GAZETTEER = load_gazetteer()
MIXER = "锦绣花园旁边的搅拌站昼夜施工\n搅拌站机器轰鸣，扬尘很大，锦绣花园的老人孩子都睡不好。"
MIXER_AGAIN = "搅拌站扰民\n我是锦绣花园业主，小区旁边建了搅拌站，晚上噪音大，扬尘飘进家里。"
OTHER = "社保卡遗失怎么补办\n请问社保卡丢了，去哪里补办，要带什么材料？"
FILLER = (
    "路灯不亮\n和平路的路灯坏了三天，晚上一片漆黑。",
    "公交车等不到\n十七路公交车早上半小时才来一班，上班迟到。",
    "自来水发黄\n家里的水龙头放出来的水是黄的，不敢喝。",
    "物业乱收费\n小区物业没有公示就涨了停车费，业主都不同意。",
    "烧烤摊油烟\n楼下烧烤摊油烟熏人，半夜还在吵闹。",
    "拖欠工资\n工地包工头拖欠我们三个月工资，打电话不接。",
)
VAULT = Vault(b"k" * 32)
AUDITOR = Actor("auditor", "审计", Role.AUDITOR, frozenset({CITY_MANAGEMENT, HOUSING}))


def reported(number: str, text: str, *, days: float = 0, **more: object) -> Reported:
    return Reported(number=number, text=text, received_at=MONDAY_9_30 - timedelta(days=days), **more)  # type: ignore[arg-type]


def filled(*tickets: Reported) -> DuplicateIndex:
    return DuplicateIndex((*tickets, *(reported(f"F{at}", text, days=at) for at, text in enumerate(FILLER))))


def test_the_same_matter_in_other_words_is_found_and_nothing_else_is_likely() -> None:
    index = filled(reported("A", MIXER, days=2), reported("B", OTHER))
    near = index.find(sketch(MIXER_AGAIN), at=MONDAY_9_30)
    assert near[0].number == "A"
    assert near[0].chance >= LIKELY
    assert near[0].days == pytest.approx(2, abs=0.01)
    assert all(each.chance < LIKELY for each in near[1:])


def test_places_known_to_differ_make_the_same_words_another_matter() -> None:
    east, west = [p.id for p in GAZETTEER.all() if p.level == "township"][:2]
    index = filled(reported("A", MIXER, place_id=east), reported("B", MIXER, place_id=west))
    near = index.find(sketch(MIXER), at=MONDAY_9_30, place_id=east, gazetteer=GAZETTEER)
    assert [(each.number, each.apart) for each in near[:2]] == [("A", False), ("B", True)]
    assert near[0].chance > near[1].chance


def test_what_lies_in_a_place_is_not_apart_from_it_nor_are_two_roads_of_one_township() -> None:
    township = next(p for p in GAZETTEER.all() if p.level == "township")
    inside = [p for p in GAZETTEER.all() if p.id != township.id and GAZETTEER.is_within(p, township.id)]
    assert len(inside) >= 2
    assert not places_apart(GAZETTEER, township.id, inside[0].id)
    assert not places_apart(GAZETTEER, inside[0].id, inside[1].id)
    other = next(p for p in GAZETTEER.all() if p.level == "township" and p.id != township.id)
    assert places_apart(GAZETTEER, inside[0].id, other.id)
    assert not places_apart(GAZETTEER, "gone", other.id)


def test_the_callers_own_tickets_are_marked_and_weigh_more() -> None:
    mine = VAULT.blind_index("13800005678", field="phone")
    index = filled(reported("A", MIXER), reported("B", MIXER, callers=(mine,)))
    near = index.find(sketch(MIXER_AGAIN), at=MONDAY_9_30, callers=(mine,))
    assert [(each.number, each.same_caller) for each in near[:2]] == [("B", True), ("A", False)]
    assert caller_key(mine) == caller_key(mine[:16])


def test_a_longer_time_between_makes_one_matter_less_likely() -> None:
    index = filled(reported("A", MIXER, days=80), reported("B", MIXER, days=1))
    near = index.find(sketch(MIXER), at=MONDAY_9_30)
    assert [each.number for each in near[:2]] == ["B", "A"]


def test_a_ticket_is_never_its_own_duplicate_and_a_forgotten_one_is_nobodys() -> None:
    index = filled(reported("A", MIXER), reported("B", MIXER_AGAIN))
    assert "A" not in [each.number for each in index.find(sketch(MIXER), at=MONDAY_9_30, without="A")]
    index.forget("B")
    assert [each.number for each in index.find(sketch(MIXER), at=MONDAY_9_30, without="A")][:1] != ["B"]
    assert "B" not in index
    index.forget("never there")


@given(
    st.lists(st.text(alphabet="路灯坏了不亮水管爆裂噪音扰民小区物业abc12，。\n", max_size=40), max_size=30),
    st.integers(1, 9),
)
def test_how_tickets_were_folded_in_changes_nothing(texts: list[str], fold_at: int) -> None:
    """One by one or all at once, waiting or merged: the same neighbours."""
    tickets = [reported(f"N{at}", text, days=at % 7) for at, text in enumerate(texts)]
    at_once = DuplicateIndex(commonness=Commonness())
    at_once.put_all(tickets, fold_at=1)
    one_by_one = DuplicateIndex(commonness=Commonness())
    for ticket in tickets:
        one_by_one.put_all([ticket], fold_at=fold_at)
    asked = sketch(MIXER + "".join(texts[:2]))
    found = at_once.find(asked, at=MONDAY_9_30, limit=50)
    again = one_by_one.find(asked, at=MONDAY_9_30, limit=50)
    assert {each.number: round(each.likeness, 5) for each in found} == {
        each.number: round(each.likeness, 5) for each in again
    }


@given(st.text(max_size=300))
def test_a_text_is_as_alike_to_itself_as_can_be(text: str) -> None:
    index = DuplicateIndex([reported("A", text)])
    near = index.find(sketch(text), at=MONDAY_9_30)
    assert all(each.likeness <= 1.0001 for each in near)
    if any("\u4e00" <= one < "\u9fff" and "\u4e00" <= two < "\u9fff" for one, two in pairwise(text)):
        assert near
        assert near[0].likeness == pytest.approx(1, abs=0.02)


def test_shared_phrases_are_those_that_tell_and_none_that_everybody_writes() -> None:
    phrases = shared_phrases(MIXER, MIXER_AGAIN, Commonness())
    assert "锦绣花园" in phrases
    assert "搅拌站" in "".join(phrases)
    assert "小区" not in phrases
    assert shared_phrases(MIXER, OTHER, Commonness()) == ()


def test_the_place_everything_lies_in_tells_no_two_requests_apart() -> None:
    county = next(p for p in GAZETTEER.all() if p.level == "county")
    home = load_gazetteer(home=county.id)
    assert place_id_of(home, county.name, "") is None
    township = next(p for p in home.all() if p.level == "township" and home.is_within(p, county.id))
    assert place_id_of(home, township.name, "") == township.id


# ---- on a real store


async def stored(
    database: Database,
    text: str,
    *,
    number: str | None = None,
    title: str | None = None,
    unit_id: UnitId | None = None,
    state: State = State.RECEIVED,
    at: datetime = MONDAY_9_30,
    phone: str = "13800005678",
    reply: str | None = None,
) -> Ticket:
    ticket = a_ticket(a_request(text, title=title, at=at), at=at)
    ticket.number = number or ticket.number
    ticket.unit_id, ticket.state, ticket.reply_text = unit_id, state, reply
    await MongoTicketStore(database).add(ticket)
    citizen = Citizen(name="王建国", phone=phone, secrecy=Secrecy.PUBLIC)
    await MongoIdentityStore(database, VAULT).put(ticket.number, citizen)
    return ticket


@pytest.fixture
async def feed(database: Database) -> DuplicateFeed:
    feed = DuplicateFeed(database, vault=VAULT, gazetteer=lambda: GAZETTEER)
    await feed.prepare()
    return feed


async def find(feed: DuplicateFeed, text: str, *, reader: Actor, **asked: object) -> tuple[Candidate, ...]:
    return await feed.find(
        Asked(text=text, at=MONDAY_9_30, **asked),  # type: ignore[arg-type]
        reader=reader,
        now=MONDAY_9_30 + timedelta(seconds=5),
    )


BODY = MIXER.partition("\n")[2]


async def test_a_candidate_says_enough_to_judge_by_and_nothing_of_who_asked(
    feed: DuplicateFeed, database: Database
) -> None:
    said = f"{BODY}我叫李小明，电话13912345678。"
    await stored(
        database,
        said,
        title="搅拌站噪音",
        unit_id=CITY_MANAGEMENT,
        state=State.REPLIED,
        reply="已联系13912345678停工。",
    )
    for text in FILLER:
        await stored(database, text, phone="13700000000")
    await feed.refresh(MONDAY_9_30)
    found = await find(feed, MIXER_AGAIN, reader=a_dispatcher(), citizen=Citizen(phone="138-0000-5678"))
    assert len(found) == 1
    one = found[0]
    assert (one.verdict, one.state, one.unit_id) == (Verdict.LIKELY, State.REPLIED, CITY_MANAGEMENT)
    assert one.same_caller is True
    assert "锦绣花园" in "".join(one.phrases)
    assert one.place in PlaceRelation
    assert "13912345678" not in repr(one)
    assert "李小明" not in repr(one)
    assert "王建国" not in repr(one)
    stranger = await find(feed, MIXER_AGAIN, reader=a_dispatcher(), citizen=Citizen(phone="13700000001"))
    assert stranger[0].same_caller is False


async def test_another_units_ticket_is_for_the_centre_only(feed: DuplicateFeed, database: Database) -> None:
    theirs = await stored(database, MIXER, unit_id=HOUSING, state=State.ACCEPTED)
    own = await stored(database, MIXER_AGAIN, unit_id=CITY_MANAGEMENT, state=State.ACCEPTED)
    for text in FILLER:
        await stored(database, text)
    await feed.refresh(MONDAY_9_30)
    centre = await find(feed, MIXER, reader=a_dispatcher())
    assert {each.number for each in centre} == {theirs.number, own.number}
    unit = await find(feed, MIXER, reader=a_liaison(CITY_MANAGEMENT))
    assert [each.number for each in unit] == [own.number]
    assert unit[0].same_caller is None
    assert (await find(feed, MIXER, reader=AUDITOR))[0].same_caller is None
    with pytest.raises(UnknownTicket):
        await feed.of_ticket(theirs.number, reader=a_liaison(CITY_MANAGEMENT), now=MONDAY_9_30)
    beside = await feed.of_ticket(own.number, reader=a_dispatcher(), now=MONDAY_9_30)
    assert [each.number for each in beside] == [theirs.number]


async def test_a_ticket_of_a_moment_ago_is_found_and_a_withdrawn_or_erased_one_is_not(
    feed: DuplicateFeed, database: Database
) -> None:
    for text in FILLER:
        await stored(database, text)
    assert await feed.refresh(MONDAY_9_30) == len(FILLER)
    new = await stored(database, MIXER)
    assert [each.number for each in await find(feed, MIXER_AGAIN, reader=a_dispatcher())] == [new.number]
    store = MongoTicketStore(database)
    ticket = await store.get(new.number)
    ticket.withdraw(actor=a_dispatcher(), now=MONDAY_9_30, reason="反映人电话撤回")
    await store.save(ticket)
    await feed.refresh(MONDAY_9_30 + timedelta(seconds=10))
    assert await find(feed, MIXER_AGAIN, reader=a_dispatcher()) == ()
    gone = await stored(database, MIXER)
    await feed.refresh(MONDAY_9_30 + timedelta(seconds=20))
    assert gone.number in feed.index
    await database["tickets"].delete_one({"_id": gone.number})
    await feed.refresh(MONDAY_9_30 + timedelta(seconds=30))
    assert gone.number not in feed.index


async def test_an_open_ticket_stays_a_candidate_however_old_a_closed_one_leaves(
    feed: DuplicateFeed, database: Database
) -> None:
    long_ago = MONDAY_9_30 - timedelta(days=120)
    is_open = await stored(database, MIXER, at=long_ago)
    closed = await stored(database, MIXER, at=long_ago, state=State.ARCHIVED)
    late = await stored(database, MIXER, at=MONDAY_9_30 - timedelta(days=60), state=State.ARCHIVED)
    await feed.refresh(MONDAY_9_30)
    assert is_open.number in feed.index
    assert closed.number not in feed.index
    assert late.number in feed.index
    await feed.refresh(MONDAY_9_30 + timedelta(days=40))
    assert late.number not in feed.index


async def test_nothing_is_asked_of_the_store_of_tickets_that_are_not_worth_a_look(
    feed: DuplicateFeed, database: Database
) -> None:
    for text in FILLER:
        await stored(database, text)
    assert await find(feed, MIXER, reader=a_dispatcher()) == ()  # before the first refresh too
    await feed.refresh(MONDAY_9_30)
    assert await find(feed, MIXER, reader=a_dispatcher()) == ()
