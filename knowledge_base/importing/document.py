"""What an import reads out of one file, before anybody decides what to do with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from knowledge_base.article import ArticleKind, Guide


class Severity(StrEnum):
    """ERROR: this file or row was not taken. CHECK: it was, and a person should look at what is said."""

    ERROR = "error"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing an editor must know, in words for them. ``row`` counts as a spreadsheet does; 0: the whole file."""

    file: str
    why: str
    what_to_do: str = ""
    row: int = 0
    severity: Severity = Severity.ERROR

    def sentence(self) -> str:
        """All of it as one line."""
        where = f"{self.file} 第 {self.row} 行" if self.row else self.file
        return f"{where}：{self.why}" + (f"——{self.what_to_do}" if self.what_to_do else "")


@dataclass(frozen=True, slots=True)
class Reference:
    """Another document as this text names it: 《title》 and its 文号, either may be empty."""

    title: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class ImportedDocument:
    """One entry as its file tells it; what the file does not say is None or empty, never guessed.

    ``source`` names the file (inside an archive: archive/name; in a workbook: file#sheet!row), without any folder of
    the machine. ``unit`` and ``region`` are names in words, for the importer to look up.
    """

    source: str
    kind: ArticleKind
    title: str
    body: str
    issuer: str = ""
    document_number: str | None = None
    written_on: date | None = None
    published_on: date | None = None
    effective_on: date | None = None
    expires_on: date | None = None
    repealed_on: date | None = None
    repeals: tuple[Reference, ...] = ()
    amends: tuple[Reference, ...] = ()
    basis: tuple[Reference, ...] = ()
    questions: tuple[str, ...] = ()
    guide: Guide | None = None
    topic: str = ""
    unit: str = ""
    region: str = ""
    catalogue: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came out of one file: entries, and everything that could not be read or should be looked at."""

    documents: tuple[ImportedDocument, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.documents + other.documents, self.problems + other.problems)

    @property
    def failed(self) -> bool:
        """Whether something in it was not taken."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Raw:
    """A text as its format gives it: one paragraph or table row a line, and what the format says beside the text.

    ``fields`` holds what a page or a head table names outright (发文字号, 成文日期…), by our own names.
    """

    lines: tuple[str, ...]
    title: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    checks: tuple[tuple[str, str], ...] = ()
    """Remarks for the editor: why, what to do."""
