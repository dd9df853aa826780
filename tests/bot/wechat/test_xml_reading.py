"""The quick reader of flat pushes reads what expat reads, and leaves to expat whatever it is not sure of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wechat import xml_text
from bot.wechat.xml_text import XmlRefused, cdata, read_leaves

PUSH = (
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[o1]]></FromUserName> "
    "<CreateTime>1700000000</CreateTime><Content><![CDATA[你好 <b>&amp;]]></Content><Empty></Empty></xml>\n"
)
_TAGS = ("<xml>", "</xml>", "<a>", "</a>", "<b>", "</b>", "<a/>", "<a x='1'>", "<é>", "</é>", "<xml><a>1</a>")
_MARKS = ("<![CDATA[", "]]>", "]]", ">", "<", "&", "&amp;", "&#65;", "<!--c-->", "<?p?>", "<!DOCTYPE a>")
_TEXTS = (*" \n\r\t\0\x0b\u2028\ud800\uffff1", "路灯", "<a><![CDATA[坏]]></a>", "<a><![CDATA[", "]]></a>")
PIECES = st.sampled_from([*_TAGS, *_MARKS, *_TEXTS])
LEAVES = st.lists(st.tuples(st.sampled_from("abcdef"), st.text(max_size=12), st.booleans()), max_size=6)


def by_expat(xml: str) -> list[tuple[str, str]] | None:
    try:
        return xml_text._read_with_expat(xml)
    except XmlRefused:
        return None


def test_a_push_of_the_platform_takes_the_quick_way() -> None:
    assert xml_text._read_flat(PUSH) == xml_text._read_with_expat(PUSH)
    assert dict(read_leaves(PUSH))["Content"] == "你好 <b>&amp;"


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join), st.booleans())
def test_what_is_read_quickly_expat_reads_the_same(inside: str, wrapped: bool) -> None:
    xml = f"<xml>{inside}</xml>" if wrapped else inside
    quick = xml_text._read_flat(xml)
    assert quick is None or quick == by_expat(xml)


@settings(max_examples=100, deadline=None)
@given(LEAVES)
def test_whatever_a_citizen_types_comes_out_as_it_went_in(leaves: list[tuple[str, str, bool]]) -> None:
    once = {name: (text, as_section) for name, text, as_section in leaves}
    xml = "".join(
        f"<{name}>{cdata(text) if as_section else len(text)}</{name}>"
        for name, (text, as_section) in once.items()
    )
    expected = {
        name: xml_text.without_illegal_characters(text) if as_section else str(len(text))
        for name, (text, as_section) in once.items()
    }
    assert dict(read_leaves(f"<xml>{xml}</xml>")) == expected


@pytest.mark.parametrize(
    "xml",
    [
        "<xml><a>1</a><a>2</a></xml>",
        "<xml>" + "".join(f"<a{n}>1</a{n}>" for n in range(xml_text.MAX_ELEMENTS)) + "</xml>",
        "<xml><a><![CDATA[x]]>y]]></a></xml>",
        "<xml><a>&lt;</b></xml>",
    ],
)
def test_what_expat_would_refuse_the_quick_way_does_not_let_in(xml: str) -> None:
    with pytest.raises(XmlRefused):
        read_leaves(xml)
