"""What an import would do, entry by entry, before an editor agrees to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from knowledge_base.article import UNDATED, Article
from knowledge_base.editing.import_run import ImportOutcome
from knowledge_base.editing.reimport import id_of, identity
from knowledge_base.importing.document import Problem, Severity
from knowledge_base.importing.matching import Change


@dataclass(frozen=True, slots=True)
class Ending:
    """An entry that a document ends, and how many live ones rest on it and end with it."""

    article_id: str
    title: str
    resting: int = 0


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """One entry to be, the file and row it comes from, and what to look at. ``fields`` names what differs from now."""

    article: Article
    file: str
    change: Change
    fields: tuple[str, ...] = ()
    checks: tuple[Problem, ...] = ()
    ends: tuple[Ending, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Everything an import would do. ``problems`` are those of files and rows that give no entry."""

    entries: tuple[PlannedEntry, ...]
    problems: tuple[Problem, ...]

    @property
    def articles(self) -> tuple[Article, ...]:
        """What the editing desk takes in."""
        return tuple(entry.article for entry in self.entries if entry.change is not Change.REFUSED)

    @property
    def notes(self) -> dict[str, str]:
        """By identity, what the editor who opens the draft should know: its file and what to look at."""
        return {
            identity(entry.article): "；".join(
                (
                    f"导入自 {entry.file}",
                    *(check.why for check in entry.checks if check.severity is Severity.CHECK),
                )
            )
            for entry in self.entries
            if entry.change is not Change.REFUSED
        }

    @property
    def failed(self) -> bool:
        """Whether some file or row was not taken."""
        wrong = (*self.problems, *(check for entry in self.entries for check in entry.checks))
        return any(problem.severity is Severity.ERROR for problem in wrong)

    def count(self, change: Change) -> int:
        return sum(entry.change is change for entry in self.entries)

    @property
    def ended(self) -> frozenset[str]:
        """The ids of all that its documents would end."""
        return frozenset(name for entry in self.entries for name in entry.article.repeals)

    def ending(self, ends: Mapping[str, Ending]) -> ImportPlan:
        """The same, each document with what it would end; what is not named had ended before."""
        entries = (
            replace(entry, ends=tuple(ends[name] for name in entry.article.repeals if name in ends))
            for entry in self.entries
        )
        return ImportPlan(tuple(entries), self.problems)

    def settled(self, outcome: ImportOutcome) -> ImportPlan:
        """The same with the change each entry came to by the desk's word, which knows what people have corrected."""
        changes = {
            **dict.fromkeys(outcome.new, Change.NEW),
            **dict.fromkeys(outcome.updated, Change.CHANGED),
            **dict.fromkeys(outcome.unchanged, Change.UNCHANGED),
        }
        refused = {each.article_id for each in outcome.refused}
        entries = []
        for entry in self.entries:
            key = entry.article.id or id_of(entry.article)
            if entry.change is Change.REFUSED:
                entries.append(entry)
            elif key in changes:
                entries.append(replace(entry, change=changes[key]))
            elif key in refused:
                said = Problem(entry.file, "别人正在修改这一条，或没有权限，没有写入", "请稍后重新导入")
                entries.append(replace(entry, change=Change.REFUSED, checks=(*entry.checks, said)))
            else:
                entries.append(entry)
        return ImportPlan(tuple(entries), self.problems)

    def record(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {
            **{str(change): self.count(change) for change in Change},
            "entries": [_entry_record(entry) for entry in self.entries],
            "problems": [problem_record(problem) for problem in self.problems],
        }


def problem_record(problem: Problem) -> dict[str, Any]:
    """A problem as JSON-able data."""
    return {
        "file": problem.file,
        "row": problem.row,
        "severity": str(problem.severity),
        "why": problem.why,
        "what_to_do": problem.what_to_do,
    }


def _entry_record(entry: PlannedEntry) -> dict[str, Any]:
    article = entry.article

    def day(value: date | None) -> str | None:
        return value.isoformat() if value and value != UNDATED else None

    return {
        "change": str(entry.change),
        "file": entry.file,
        "kind": str(article.kind),
        "title": article.title,
        "document_number": article.document_number,
        "issuer": article.issuer,
        "published_on": day(article.published_on),
        "effective_on": day(article.effective_on),
        "expires_on": day(article.expires_on),
        "region": article.region,
        "owner_unit_id": article.owner_unit_id,
        "repeals": list(article.repeals),
        "ends": [asdict(one) for one in entry.ends],
        "fields": list(entry.fields),
        "checks": [problem_record(check) for check in entry.checks],
    }
