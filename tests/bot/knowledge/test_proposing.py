"""Closed consultations propose entries: once, redacted, and never from what was secret."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.knowledge.proposing import LOOKS_EVERY, Proposing
from bot.services import Services
from knowledge_base.gaps.proposals import ProposalOver, ProposalState, UnknownProposal
from routing.citizen_request import RequestType, Secrecy
from routing.departments import UnitId
from routing.errors import NotYourRole
from routing.triage.automation import Gate
from routing.workflow import Actor, Role
from tests.bot.knowledge.conftest import EDITOR, Clock
from tests.factories import CITY_MANAGEMENT, a_liaison, a_request, a_supervisor

TEXT = "我叫王建国，住3幢2单元501室，电话13812345678，想问夜市摆摊要不要办证？"
REPLY = "您好，夜市摆摊到镇综合窗口备案即可，不收费。咨询电话88000103。"
OPERATOR = Actor("operator", "周敏", Role.OPERATOR, frozenset({UnitId("qh.hotline")}))


async def closed(
    services: Services,
    *,
    request_type: RequestType = RequestType.CONSULTATION,
    secrecy: Secrecy = Secrecy.PUBLIC,
    text: str = TEXT,
) -> str:
    """A ticket that its unit answered and closed."""
    now = services.clock()
    ticket = await services.desk.register(
        a_request(text, request_type=request_type, secrecy=secrecy), now=now
    )
    number = ticket.number
    dispatcher = Actor(
        "dispatcher",
        "何文静",
        Role.DISPATCHER,
        frozenset({CITY_MANAGEMENT, ticket.unit_id or CITY_MANAGEMENT}),
    )
    if ticket.unit_id is None:
        await services.desk.dispatch(number, CITY_MANAGEMENT, actor=dispatcher, version=None, now=now)
    elif ticket.unit_id != CITY_MANAGEMENT:
        await services.desk.transfer(
            number, CITY_MANAGEMENT, actor=dispatcher, version=None, now=now, reason="测试"
        )
    liaison = a_liaison()
    await services.desk.accept(number, actor=liaison, version=None, now=now)
    await services.desk.resolve(number, actor=liaison, version=None, now=now, text=REPLY)
    return number


async def test_a_closed_consultation_proposes_an_entry_without_identity(services: Services) -> None:
    number = await closed(services)
    assert await Proposing(services).propose(services.clock()) == 1
    (proposal,) = await services.gaps.proposals(EDITOR)
    assert (proposal.id, proposal.unit_id) == (number, CITY_MANAGEMENT)
    assert "夜市摆摊要不要办证" in proposal.question
    assert "镇综合窗口备案" in proposal.reply
    for secret in ("13812345678", "501", "王建国，"):
        assert secret not in proposal.question
    (notice,) = await services.console_notices.latest(EDITOR)
    assert "答复可以收入知识库" in notice.text
    assert notice.href.endswith(number)


async def test_what_the_centre_answers_itself_proposes_to_the_unit_it_would_have_gone_to(
    services: Services,
) -> None:
    now = services.clock()
    tools = services.desk.triage
    services.desk.triage = replace(tools, gate=Gate(stopped=tools.topics))
    ticket = await services.desk.register(
        a_request("夜市摆摊要不要办证？", request_type=RequestType.CONSULTATION), now=now
    )
    assert ticket.unit_id is None
    await services.desk.answer_directly(
        ticket.number, actor=a_supervisor(), version=None, now=now, text="到镇综合窗口备案即可。"
    )
    assert await Proposing(services).propose(now) == 1
    (proposal,) = await services.gaps.proposals(EDITOR)
    assert ticket.triage is not None
    assert proposal.unit_id == ticket.triage.candidates[0].unit_id


@pytest.mark.parametrize(
    ("kind", "secrecy", "why"),
    [
        (RequestType.CONSULTATION, Secrecy.SECRET, "asked to be kept secret"),
        (RequestType.CONSULTATION, Secrecy.ANONYMOUS, "anonymous is no less than secret"),
        (RequestType.REPORT, Secrecy.PUBLIC, "a report is always secret"),
        (RequestType.COMPLAINT, Secrecy.PUBLIC, "no question"),
    ],
)
async def test_nothing_secret_and_nothing_but_a_consultation_proposes(
    services: Services, kind: RequestType, secrecy: Secrecy, why: str
) -> None:
    await closed(services, request_type=kind, secrecy=secrecy)
    assert await Proposing(services).propose(services.clock()) == 0, why
    assert await services.gaps.proposals(EDITOR) == []


async def test_a_ticket_proposes_once_whoever_looks_and_however_often(
    services: Services, clock: Clock
) -> None:
    await closed(services)
    found = 0
    for proposing in (Proposing(services), Proposing(services)):
        for _ in range(3):
            found += await proposing.propose(clock.advance(seconds=LOOKS_EVERY.total_seconds()))
    assert found == 1


async def test_a_ticket_that_cannot_be_read_keeps_no_other_from_proposing(
    services: Services, clock: Clock
) -> None:
    broken, whole = await closed(services), await closed(services, text="夜市几点收摊？")
    await services.database["tickets"].update_one({"_id": broken}, {"$set": {"clocks": 7}})
    assert await Proposing(services).propose(clock()) == 1
    (proposal,) = await services.gaps.proposals(EDITOR)
    assert proposal.id == whole


async def test_what_is_closed_between_two_looks_is_found_by_the_second(
    services: Services, clock: Clock
) -> None:
    proposing = Proposing(services)
    assert await proposing.propose(clock()) == 0
    clock.advance(seconds=5)
    await closed(services)
    assert await proposing.propose(clock.advance(seconds=6)) == 1


async def test_a_proposal_is_decided_once_by_those_who_may(services: Services, clock: Clock) -> None:
    number = await closed(services)
    await Proposing(services).propose(clock())
    stranger = Actor("zhujian", "某", Role.LIAISON, frozenset({UnitId("qh.housing")}))
    with pytest.raises(UnknownProposal):
        await services.gaps.proposal(number, reader=stranger)
    with pytest.raises(NotYourRole):
        await services.gaps.proposals(OPERATOR)
    with pytest.raises(NotYourRole):
        await services.gaps.take_proposal(number, "question.1", by=a_liaison(), now=clock())
    taken = await services.gaps.take_proposal(number, "question.1", by=EDITOR, now=clock())
    assert (taken.state, taken.article_id) == (ProposalState.TAKEN, "question.1")
    with pytest.raises(ProposalOver):
        await services.gaps.dismiss_proposal(number, "重复", by=EDITOR, now=clock())


async def test_however_many_are_closed_at_once_each_proposes(services: Services, clock: Clock) -> None:
    number = await closed(services)
    tickets = services.database["tickets"]
    one = await tickets.find_one({"_id": number})
    assert one is not None
    more = [
        {**one, "_id": name, "number": name, "external_number": name}
        for name in (f"HY-{place:04}" for place in range(450))
    ]
    await tickets.insert_many(more)
    await Proposing(services).propose(clock())
    assert await services.database["entry_proposals"].count_documents({}) == 451


async def test_a_ticket_made_secret_since_takes_its_proposal_back(services: Services, clock: Clock) -> None:
    number = await closed(services)
    proposing = Proposing(services)
    await proposing.propose(clock())
    await services.database["tickets"].update_one(
        {"_id": number}, {"$set": {"secrecy": Secrecy.SECRET.value}}
    )
    assert await services.gaps.proposals(EDITOR) == []
    with pytest.raises(UnknownProposal):
        await services.gaps.proposal(number, reader=EDITOR)
    with pytest.raises(ProposalOver):
        await services.gaps.take_proposal(number, "question.1", by=EDITOR, now=clock())
    await proposing.propose(clock.advance(minutes=1))
    kept = await services.proposals.get(number)
    assert (kept.state, kept.question, kept.reply) == (ProposalState.DISMISSED, "", "")
