"""The limits of a profile as sentences."""

from __future__ import annotations

from bot.wording import LABELS
from routing.citizen_request import RequestType
from routing.timing.sla import ClockName, Profile


def limit_lines(profile: Profile) -> list[str]:
    """Every limit in words, as an official would check them."""
    clocks: dict[ClockName, str] = LABELS[ClockName]
    kinds: dict[RequestType, str] = LABELS[RequestType]
    lines = [f"{profile.title}：可用"]
    for clock, rule in profile.clocks.items():
        limits = [str(rule.limit)] if rule.limit else []
        limits += [f"{kinds[kind]}{limit}" for kind, limit in rule.types.items()]
        limits += [f"紧急{rule.urgent}"] if rule.urgent else []
        limits += [f"{profile.tiers[tier]}{limit}" for tier, limit in rule.tiers.items()]
        lines.append(f"{clocks[clock]}：{'、'.join(limits)}")
    missing = [
        clocks[name] for name in ClockName if name not in profile.clocks and name is not ClockName.RELAY
    ]
    return lines + ([f"没有时限：{'、'.join(missing)}"] if missing else [])
