"""Tickets that may be the same matter, and matters that many report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, Field

from bot.hotline.fields import MomentOut, Place, Text, Title
from bot.hotline.models import Body, CitizenIn, NoBody, NoQuery, Query
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.ticket_json import TicketJson
from bot.hotline.triage_json import DepartmentJson, show_department
from bot.similar_words import why_hot, why_similar
from routing.citizen_request import Citizen
from routing.departments import Units
from routing.queries import Queries, TicketFilter
from routing.redaction import redact
from routing.resemblance.duplicate_store import Asked
from routing.resemblance.duplicates import Candidate, PlaceRelation, Verdict
from routing.resemblance.hotspot_store import MOST_LISTED, Hotspot, HotspotState
from routing.resemblance.hotspots import Level
from routing.workflow import CENTRE_ROLES, Actor, Role, State

_READERS = CENTRE_ROLES | {Role.SYSTEM, Role.LIAISON, Role.AUDITOR}
_OVERSEERS = CENTRE_ROLES | {Role.SYSTEM, Role.AUDITOR}
_MOST = 20


class CandidateJson(BaseModel):
    """A ticket that may be the same matter. ``because`` says why in words; ``text`` and ``reply`` are redacted and cut.

    ``same_caller`` is null for callers who must not learn that two tickets are one person's.
    """

    number: str
    verdict: Verdict
    chance: float
    because: list[str]
    phrases: list[str]
    place_relation: PlaceRelation
    place: str | None
    same_caller: bool | None
    days: float
    received_at: MomentOut
    state: State
    department: DepartmentJson | None
    parent_number: str | None
    title: str | None
    text: str
    reply: str | None


class CandidatesJson(BaseModel):
    """The likeliest first; empty where nothing is worth a look."""

    candidates: list[CandidateJson]


class RegisteredJson(TicketJson):
    """The ticket, and for a person who files: the tickets that may be the same matter; null for programs."""

    similar: list[CandidateJson] | None = None


class SimilarIn(Body):
    """A request not yet filed. ``citizen`` finds the caller's own earlier tickets; nothing is stored."""

    title: Title | None = None
    text: Text
    place: Place | None = None
    citizen: CitizenIn | None = None


class SimilarQuery(Query):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=_MOST)] = 5


class HotspotsQuery(Query):
    """Which hot spots."""

    state: HotspotState | None = Field(None, description="`open` or `over`; all if missing.")
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 20


class WarnedJson(BaseModel):
    """A level reached: when, on what, and why in words."""

    level: Level
    at: MomentOut
    recent: int
    usual: float
    because: list[str]


class HotspotUnitJson(BaseModel):
    """How many of its tickets a unit has."""

    department: DepartmentJson
    tickets: int


class HotspotDayJson(BaseModel):
    """How many came on a local day."""

    day: str
    tickets: int


class HotspotJson(BaseModel):
    """A matter many people report. ``recent`` and ``voices`` count people, ``usual`` people a week before; ``numbers`` and
    ``departments`` hold what the caller may see."""

    id: str
    state: HotspotState
    level: Level
    title: str
    phrases: list[str]
    place: str | None
    topic: str | None
    tickets: int
    voices: int
    recent: int
    usual: float
    first_at: MomentOut
    last_at: MomentOut
    days: list[HotspotDayJson]
    departments: list[HotspotUnitJson]
    numbers: list[str]
    warned: list[WarnedJson]


class HotspotsJson(BaseModel):
    """The newest first."""

    hotspots: list[HotspotJson]


@operation(
    "GET",
    "/api/v1/tickets/{number}/duplicates",
    name="duplicates",
    summary="The open and recent tickets that may be the same matter as this one, with reasons.",
    roles=_READERS,
    query=SimilarQuery,
    returns={200: CandidatesJson},
)
async def duplicates(call: Call[NoBody, SimilarQuery]) -> Result:
    found = await call.services.duplicates.of_ticket(
        call.number, reader=call.actor, now=call.now, limit=call.query.limit
    )
    known = await _as_known_to(call.actor, found, call.services.queries)
    return 200, CandidatesJson(candidates=show_candidates(known, call.services.units))


@operation(
    "POST",
    "/api/v1/duplicates",
    name="similar",
    summary="The open and recent tickets that may be the same matter as a request not yet filed. Nothing is stored.",
    roles=CENTRE_ROLES | {Role.SYSTEM},
    body=SimilarIn,
    returns={200: CandidatesJson},
)
async def similar(call: Call[SimilarIn, NoQuery]) -> Result:
    body, citizen = call.body, call.body.citizen or CitizenIn()
    asked = Asked(
        text=f"{body.title or ''}\n{body.text}",
        at=call.now,
        place=body.place,
        citizen=Citizen(phone=citizen.phone),
    )
    found = await call.services.duplicates.find(asked, reader=call.actor, now=call.now)
    return 200, CandidatesJson(candidates=show_candidates(found, call.services.units))


@operation(
    "GET",
    "/api/v1/hotspots",
    name="hotspots",
    summary="Matters that more people report than usual, with their levels and reasons, the newest first.",
    roles=_OVERSEERS,
    query=HotspotsQuery,
    returns={200: HotspotsJson},
)
async def hotspots(call: Call[NoBody, HotspotsQuery]) -> Result:
    found = await call.services.hotspots.latest(
        reader=call.actor, state=call.query.state, limit=call.query.limit
    )
    return 200, HotspotsJson(hotspots=[_hotspot(each, call.services.units) for each in found])


async def _as_known_to(reader: Actor, found: Iterable[Candidate], queries: Queries) -> list[Candidate]:
    """The candidates with a citizen's own name taken out for who must not learn who asked; what they share in words is
    left out then, as it may be that name."""
    candidates = list(found)
    numbers = tuple(each.number for each in candidates)
    page = await queries.search(TicketFilter(numbers=numbers), reader=reader, limit=max(len(numbers), 1))
    shown: list[Candidate] = []
    for each in candidates:
        ticket = next((t for t in page.tickets if t.number == each.number), None)
        if ticket is None:
            continue
        title, text = redact(ticket.title or ""), redact(ticket.text)
        phrases = tuple(one for one in each.phrases if one in f"{title}\n{text}")
        reply = redact(ticket.reply_text or "")[: len(each.reply or "")]
        shown.append(
            replace(
                each,
                title=title if each.title else None,
                text=text[: len(each.text)],
                reply=reply or None,
                phrases=phrases,
            )
        )
    return shown


def show_candidates(found: Iterable[Candidate], units: Units) -> list[CandidateJson]:
    """Candidates for programs."""
    return [
        CandidateJson(
            number=each.number,
            verdict=each.verdict,
            chance=round(each.chance, 3),
            because=why_similar(each, units),
            phrases=list(each.phrases),
            place_relation=each.place,
            place=each.place_words,
            same_caller=each.same_caller,
            days=round(each.days, 2),
            received_at=each.received_at,
            state=each.state,
            department=show_department(each.unit_id, units) if each.unit_id else None,
            parent_number=each.parent_number,
            title=each.title,
            text=each.text,
            reply=each.reply,
        )
        for each in found
    ]


def _hotspot(found: Hotspot, units: Units) -> HotspotJson:
    return HotspotJson(
        id=found.id,
        state=found.state,
        level=found.level,
        title=found.title,
        phrases=list(found.phrases),
        place=found.place_name,
        topic=found.topic,
        tickets=found.tickets,
        voices=found.voices,
        recent=found.recent,
        usual=found.usual,
        first_at=found.first_at,
        last_at=found.last_at,
        days=[HotspotDayJson(day=day, tickets=count) for day, count in found.days],
        departments=[
            HotspotUnitJson(department=show_department(unit, units), tickets=count)
            for unit, count in found.units
        ],
        numbers=list(found.numbers),
        warned=[
            WarnedJson(
                level=each.level,
                at=each.at,
                recent=each.recent,
                usual=each.usual,
                because=why_hot(found, each),
            )
            for each in found.warned
        ],
    )


ENDPOINTS: tuple[Endpoint, ...] = (duplicates, similar, hotspots)
