"""A reading as JSON and back, for the way between two processes."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date
from typing import Any

from knowledge_base.article import ArticleKind, Guide
from knowledge_base.importing.document import ImportedDocument, Problem, Reading, Reference, Severity

_DAYS = ("written_on", "published_on", "effective_on", "expires_on", "repealed_on")
_REFERENCES = ("repeals", "amends", "basis")


def reading_record(reading: Reading) -> dict[str, Any]:
    """As JSON-able data."""
    return {
        "documents": [_document_record(document) for document in reading.documents],
        "problems": [asdict(problem) for problem in reading.problems],
    }


def reading_from(record: dict[str, Any]) -> Reading:
    """The reading a record was made of; raises KeyError, TypeError or ValueError for anything else."""
    return Reading(
        tuple(_document(each) for each in record["documents"]),
        tuple(Problem(**{**each, "severity": Severity(each["severity"])}) for each in record["problems"]),
    )


def _document_record(document: ImportedDocument) -> dict[str, Any]:
    record = asdict(document)
    for name in _DAYS:
        record[name] = record[name].isoformat() if record[name] else None
    return record


def _document(record: dict[str, Any]) -> ImportedDocument:
    values = {field.name: record[field.name] for field in fields(ImportedDocument)}
    for name in _DAYS:
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    for name in _REFERENCES:
        values[name] = tuple(Reference(**each) for each in values[name])
    values["kind"] = ArticleKind(values["kind"])
    values["questions"] = tuple(values["questions"])
    guide = values["guide"]
    values["guide"] = Guide(**{**guide, "materials": tuple(guide["materials"])}) if guide else None
    return ImportedDocument(**values)
