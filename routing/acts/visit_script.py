"""What a visitor asks, as data: the questions of a follow-up visit in their order, filled in for one ticket."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from routing.ticket import Ticket

SCRIPT = Path(__file__).parent.parent / "data" / "visit_script.toml"
FIELDS = frozenset({"solved", "stars", "comment"})
"""What of an answer ``visit`` takes."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``field`` is where its answer goes on the visit; None for what is only asked."""

    id: str
    text: str
    answers: tuple[str, ...]
    field: str | None = None
    note: str = ""
    """For the visitor, not read out."""


@dataclass(frozen=True, slots=True)
class VisitScript:
    """The whole conversation."""

    opening: str
    questions: tuple[Question, ...]
    closing: str

    def about(self, ticket: Ticket, *, unit: str, title: str) -> VisitScript:
        """The script for this ticket, in the words given for its unit and its title."""

        def said(text: str) -> str:
            return text.replace("{number}", ticket.number).replace("{unit}", unit).replace("{title}", title)

        asked = tuple(replace(question, text=said(question.text)) for question in self.questions)
        return VisitScript(said(self.opening), asked, said(self.closing))


@cache
def shipped_script() -> VisitScript:
    return script_from(tomllib.loads(SCRIPT.read_text(encoding="utf-8")))


def script_from(data: Mapping[str, Any]) -> VisitScript:
    """Raises ValueError for a question asked twice, a field a visit does not have, or an entry nobody reads."""
    questions = []
    for table in data["questions"]:
        unknown = table.keys() - {"id", "text", "answers", "field", "note"}
        if unknown:
            raise ValueError(f"回访话术：不能识别 {'、'.join(sorted(unknown))}")
        field = table.get("field")
        if field is not None and field not in FIELDS:
            raise ValueError(f"回访话术：没有登记项 {field}")
        questions.append(
            Question(table["id"], table["text"], tuple(table["answers"]), field, table.get("note", ""))
        )
    ids = [question.id for question in questions]
    if len(set(ids)) < len(ids) or not ids:
        raise ValueError("回访话术：问题要有，并且不重复")
    return VisitScript(data["opening"], tuple(questions), data["closing"])
