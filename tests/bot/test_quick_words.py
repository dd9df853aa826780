"""What a turn asks of a text many times is asked quickly, and answered as the long way answers."""

from __future__ import annotations

import dataclasses
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import wechat_text
from bot.talk import acts, draft, session, spoken, spoken_forms, steps
from bot.talk.replacing import replace
from bot.talk.session import Session, Step, Turn
from bot.wechat.xml_text import _LINE_END, _NOT_XML, without_illegal_characters

TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from("着著火萬Ａ１①＃　 \t\n\r<>&\"'你好a1\x00\ufeff")), max_size=20
)


def tidied(text: str) -> str:
    plain = text.translate(spoken._PLAIN)
    return "".join(c for c in plain if c == "\n" or unicodedata.category(c)[0] != "C").strip()


def made_simple(text: str) -> str:
    return spoken_forms._BURNING.sub("着", text.translate(spoken_forms._SIMPLIFIED))


def made_plain(text: str) -> str:
    return wechat_text._SPACES.sub(" ", text.translate(wechat_text._MARKUP)).strip()


def all_ways(text: str) -> None:
    assert spoken.tidy(text) == tidied(text)
    assert spoken_forms.simplified(text) == made_simple(text)
    assert wechat_text.plain(text) == made_plain(text)
    assert without_illegal_characters(text) == _LINE_END.sub("\n", _NOT_XML.sub("", text))


@given(TEXTS)
def test_a_text_is_read_the_same_on_the_quick_way(text: str) -> None:
    all_ways(text)


def test_no_single_character_is_overlooked_on_the_quick_way() -> None:
    """Those of the tables, and all that are no ideographs: among these are marks, spaces and what nobody sees."""
    tables = {*spoken._PLAIN, *spoken_forms._SIMPLIFIED, *wechat_text._MARKUP}
    for code in tables.union(
        range(0x3100), range(0xD7F0, 0xE010), range(0xF8F0, 0x10010), range(0xE0000, 0xE0080)
    ):
        all_ways(f"好{chr(code)}的")


@pytest.mark.parametrize("module", [acts, draft, session, steps])
def test_everything_a_turn_is_made_of_can_be_replaced_in(module: object) -> None:
    """Or its module must go on using ``dataclasses.replace``."""
    kinds = [
        kind for kind in vars(module).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)
    ]
    assert kinds
    for kind in kinds:
        if hasattr(kind, "__post_init__") or len(dataclasses.fields(kind)) < 2:
            continue
        value = object.__new__(kind)
        for field in dataclasses.fields(kind):
            object.__setattr__(value, field.name, field.name)
        first = dataclasses.fields(kind)[0].name
        assert replace(value, **{first: "changed"}) == dataclasses.replace(value, **{first: "changed"})


def test_the_value_replaced_stays_as_it_was() -> None:
    before = Session(question="路灯坏了")
    after = replace(before, question="水管坏了", step=Step.PLACE)
    assert (before.question, before.step) == ("路灯坏了", Step.HOME)
    assert after == dataclasses.replace(before, question="水管坏了", step=Step.PLACE)
    assert hash(after) == hash(dataclasses.replace(after))


def test_a_field_that_is_not_there_cannot_be_replaced() -> None:
    with pytest.raises(TypeError, match="Turn has no field 'said'"):
        replace(Turn(Session()), said=("",))  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Session has no field 'asks'"):
        replace(Session(), asks="")  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", [datetime(2026, 3, 1, tzinfo=UTC), object()])
def test_what_is_no_value_of_ours_is_refused(kind: object) -> None:
    with pytest.raises((TypeError, AttributeError)):
        replace(kind, year=2027)  # type: ignore[type-var]
