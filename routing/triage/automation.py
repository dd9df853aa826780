"""How much a machine may decide by itself: an installation's gate, tightened while the model is in doubt."""

from __future__ import annotations

from dataclasses import dataclass

LEARNED_SURE_FROM, TOPIC_SURE_FROM = 0.97, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What triage asks before it dispatches without a person. ``Gate()`` is the gate as delivered.

    Whoever watches the model replaces the gate as a whole: a tightened one says why, and triage repeats it to
    the people who now have to decide.
    """

    learned_sure_from: float = LEARNED_SURE_FROM
    """The calibrated confidence from which a learned unit that the precedents name too may go without a duty."""
    topic_sure_from: float = TOPIC_SURE_FROM
    """The confidence from which the topic is a witness beside the words. Less than the model's own threshold, which is
    made for deciding alone."""
    tightened_by: float = 0.0
    """Added to both limits above; words alone are no longer enough then."""
    why: str | None = None
    """Why it is tightened or stopped, in Chinese, for dispatchers: 近两周误派偏多."""
    stopped: frozenset[str] = frozenset()
    """Topics and unit ids that a person dispatches always."""

    @property
    def least_topic(self) -> float:
        """The least confidence in the topic, never one nobody could reach."""
        return min(_REACHABLE, self.topic_sure_from + self.tightened_by)

    @property
    def least_learned(self) -> float:
        """The least confidence in a learned unit."""
        return min(_REACHABLE, self.learned_sure_from + self.tightened_by)

    def stops(self, *names: str | None) -> str | None:
        """The first of these topics and units that is stopped."""
        return next((name for name in names if name in self.stopped and name is not None), None)


_REACHABLE = 0.999


def said_confidence(confidence: float) -> str:
    """A confidence as people read it; no machine is ever wholly certain."""
    return f"{min(confidence, 0.99):.0%}"


OPEN_GATE = Gate()
