"""Abuse is what nobody can act on; a citizen's anger is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signals import AbuseKind, find_abuse
from tests.classifier.signal_cases import cases, public_messages


@pytest.mark.parametrize(("kind", "text"), cases("abuse"))
def test_abuse_is_told_from_rough_words(kind: str, text: str) -> None:
    found = find_abuse(text)
    assert (found.kind.value if found else "none") == kind


def test_every_kind_is_found_somewhere() -> None:
    assert {found.kind for _, text in cases("abuse") if (found := find_abuse(text))} == set(AbuseKind)


def test_no_danger_and_no_plain_request_is_taken_for_abuse() -> None:
    for table in ("emergencies_dev", "emergencies_test", "request_types_dev", "request_types_test"):
        for _, text in cases(table):
            found = find_abuse(text)
            assert found is None or found.kind is AbuseKind.THREAT_TO_STAFF, text


def test_hardly_any_real_message_is_taken_for_abuse(shared_data: Path) -> None:
    messages = list(public_messages(shared_data))
    assert sum(find_abuse(text) is not None for text in messages) <= 0.001 * len(messages)


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    found = find_abuse(text)
    assert found is None or found.word
