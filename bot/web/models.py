"""The models' page: what is at work, what waits for approval and how it compares, and every switch so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.learning import words
from bot.learning.progress import TrainingProgress
from bot.learning.registry import (
    ArtefactDamaged,
    ComparedWithAnother,
    ModelKind,
    ModelState,
    NotACandidate,
    NothingToRollBack,
    RegisteredModel,
    Switch,
    UnknownModel,
    steps_back,
)
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.model_lists import line_of, run_line, switch_lines
from bot.web.model_watch import watch_of
from bot.web.model_words import Comparison, Fact, comparison_of, facts_of, figures_of, shipped_facts
from bot.web.pages import Viewer, present, show, unit_name
from routing.departments import UnitId
from routing.errors import NotYourRole
from routing.workflow import Role

PAGE = "/console/models"
_MOST_WHY = 500
_SHOWN, _RUNS = 20, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCard:
    """The model at work of one kind."""

    kind: ModelKind
    title: str
    version: str
    facts: tuple[Fact, ...]
    labels: tuple[str, ...]
    figures: tuple[Fact, ...]
    loaded: bool
    """Whether this process answers with it already; a change takes some seconds, a damaged file never loads."""
    back_to: str | None
    """What a roll-back would bring back; None when there is nothing to go back to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A trained model that waits for somebody's word."""

    kind: ModelKind
    title: str
    version: str
    facts: tuple[Fact, ...]
    figures: tuple[Fact, ...]
    comparison: Comparison | None
    may_go_live: bool


async def models_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


def may_decide(viewer: Viewer, services: Services) -> bool:
    """One model serves everybody: a supervisor decides on it only where the whole government is theirs."""
    centre = services.units.fallback.id
    return viewer.actor.role is Role.ADMINISTRATOR or centre in viewer.actor.unit_ids


async def decide(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Approve, refuse or roll back; each with a reason that stays in the history."""
    action = request.match_info["action"]
    if action not in _ACTS:
        raise web.HTTPNotFound
    if not may_decide(viewer, request.app[SERVICES]):
        raise NotYourRole("open", viewer.actor.role)
    why = form.get("why", "").strip()[:_MOST_WHY]
    try:
        kind = ModelKind(form.get("kind", ""))
    except ValueError:
        raise web.HTTPBadRequest from None
    if not why:
        return await _show(request, viewer, problem="请写明理由，它会记入历史。", status=422)
    version, who = form.get("version", "")[:64], f"{viewer.user.name}（{viewer.user.username}）"
    try:
        said = await _ACTS[action](
            request.app[SERVICES], kind, version, who=who, why=why, now=present(request)
        )
    except UnknownModel:
        return await _show(
            request, viewer, problem="没有这个模型。请在下面的名单里重新选择。", kept=why, status=404
        )
    except NotACandidate:
        return await _show(
            request, viewer, problem="这个模型已经有人决定过了。请看最新状态。", kept=why, status=409
        )
    except ComparedWithAnother:
        problem = "这个模型是和另一个模型对比的，不是现在在用的。请等下次训练出的模型。"
        return await _show(request, viewer, problem=problem, kept=why, status=409)
    except ArtefactDamaged:
        problem = "这个模型的文件已按保留期清理，不能再启用。请选较新的模型，或者重新训练。"
        return await _show(request, viewer, problem=problem, kept=why, status=409)
    except NothingToRollBack:
        return await _show(
            request, viewer, problem="前面没有可以回退的模型。请看切换历史。", kept=why, status=409
        )
    except _NotPassed:
        problem = "这个模型没有通过和在用模型的对比，不能启用。"
        return await _show(request, viewer, problem=problem, kept=why, status=409)
    await set_flash(request, viewer, said)
    raise web.HTTPSeeOther(PAGE)


class _NotPassed(Exception):
    """The gate found it worse than the model at work."""


async def _approve(
    services: Services, kind: ModelKind, version: str, *, who: str, why: str, now: datetime
) -> str:
    model = await services.registry.get(kind, version)
    if model.state is not ModelState.CANDIDATE:
        raise NotACandidate(version)
    if not may_go_live(model):
        raise _NotPassed
    await services.registry.approve(kind, version, who=who, why=why, now=now)
    return f"{words.KINDS[kind]} {version} 已启用，各进程几秒内换用。"


async def _refuse(
    services: Services, kind: ModelKind, version: str, *, who: str, why: str, now: datetime
) -> str:
    await services.registry.refuse(kind, version, who=who, why=why, now=now)
    return f"{words.KINDS[kind]} {version} 不采用，已记入历史。"


async def _roll_back(
    services: Services, kind: ModelKind, version: str, *, who: str, why: str, now: datetime
) -> str:
    if version != (await services.registry.live_version(kind) or ""):
        raise NotACandidate(version)  # the page was about another model than the one now at work
    switch = await services.registry.roll_back(kind, who=who, why=why, now=now)
    return f"{words.KINDS[kind]}已回退到 {switch.to_version or words.without(kind)}，各进程几秒内换用。"


_ACTS = {"approve": _approve, "refuse": _refuse, "roll-back": _roll_back}


def may_go_live(model: RegisteredModel) -> bool:
    """Whether the gate let it pass; a model nobody compared is a person's decision alone."""
    return model.comparison is None or bool(model.comparison.get("passed"))


async def _show(
    request: web.Request, viewer: Viewer, *, problem: str = "", kept: str = "", status: int = 200
) -> web.StreamResponse:
    services, now = request.app[SERVICES], present(request)
    registry = services.registry
    models = await registry.all(limit=_SHOWN)
    runs = await TrainingProgress(services.database).latest(limit=_RUNS)
    history = {kind: await registry.history(kind) for kind in ModelKind}
    context = {
        "live": await _live_cards(services, models, history),
        "watch": await watch_of(services),
        "candidates": [
            _candidate(model, services) for model in models if model.state is ModelState.CANDIDATE
        ],
        "lines": [line_of(model) for model in models],
        "runs": [run_line(run, now) for run in runs],
        "switches": switch_lines(history),
        "may_decide": may_decide(viewer, services),
        "alarms": services.live.current.alarms,
        "problem": problem,
        "kept": kept,
        "most_why": _MOST_WHY,
    }
    return show(request, "models.html", context, status=status)


async def _live_cards(
    services: Services, models: list[RegisteredModel], history: Mapping[ModelKind, list[Switch]]
) -> list[LiveCard]:
    """A kind that has no model at all is not shown; the topics' always is, since one ships."""
    cards = []
    for kind, switches in history.items():
        version = switches[-1].to_version if switches else None
        back_to = _back_to(kind, switches)
        if version is None:
            if kind is ModelKind.TOPICS:
                cards.append(_shipped(services, back_to))
            continue
        model = next((m for m in models if (m.kind, m.version) == (kind, version)), None)
        model = model or await services.registry.get(kind, version)
        cards.append(
            LiveCard(
                kind=kind,
                title=words.KINDS[kind],
                version=version,
                facts=facts_of(model),
                labels=tuple(map(_label_name(kind, services), model.labels)),
                figures=figures_of(model.figures),
                loaded=services.live.current.versions.get(kind) == version,
                back_to=back_to,
            )
        )
    return cards


def _shipped(services: Services, back_to: str | None) -> LiveCard:
    # The live model itself is asked: the process may still be about to change to it.
    card = services.model.card
    return LiveCard(
        kind=ModelKind.TOPICS,
        title=words.KINDS[ModelKind.TOPICS],
        version=words.SHIPPED,
        facts=shipped_facts(card),
        labels=services.model.labels,
        figures=figures_of(card.metrics),
        loaded=services.live.current.versions.get(ModelKind.TOPICS) is None,
        back_to=back_to,
    )


def _back_to(kind: ModelKind, switches: list[Switch]) -> str | None:
    """What was at work before; going back never passes what was gone back from."""
    versions = steps_back(switches)
    return versions[-2] or words.without(kind) if len(versions) > 1 else None


def _label_name(kind: ModelKind, services: Services) -> Callable[[str], str]:
    """A units' model says unit ids, which people do not read."""
    if kind is ModelKind.TOPICS:
        return str
    return lambda label: unit_name(UnitId(label), services.units, short=True)


def _candidate(model: RegisteredModel, services: Services) -> Candidate:
    return Candidate(
        kind=model.kind,
        title=words.KINDS[model.kind],
        version=model.version,
        facts=facts_of(model),
        figures=figures_of(model.figures),
        comparison=comparison_of(model.comparison, name=_label_name(model.kind, services)),
        may_go_live=may_go_live(model),
    )
