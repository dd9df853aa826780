"""The short ways give what the plain ones do."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.retrieval.features import content, cut, features, normalize

OFFICIAL = st.text("，。（）：；“”〔〕《》—…　ＡＺａ０９①⑩½㎡é%a9 \t\n补贴申请社保卡退休金ｶﾞ゙́", min_size=32)


@given(OFFICIAL | st.text(min_size=32))
def test_a_long_text_is_normalized_as_unicode_says(text: str) -> None:
    assert normalize(text) == " ".join(unicodedata.normalize("NFKC", text).lower().split())


@given(OFFICIAL | st.text())
def test_a_text_cut_once_is_the_same_as_cut_twice(text: str) -> None:
    found = cut(text)
    assert found.content == content(text)
    assert found.features == frozenset(features(text, (2,)))
