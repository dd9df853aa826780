"""The index: found, added, removed, replaced."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.retrieval.index import ArticleIndex, Entry

TEXTS = {
    "bus": ("老年人乘车卡", "年满65周岁的老年人免费乘坐公交车。"),
    "dog": ("养犬登记", "携犬外出应当拴绳，及时清理粪便。"),
    "gas": ("燃气安检", "闻到燃气味请关阀、开窗，到室外拨打抢险电话。"),
}


def small_index() -> ArticleIndex:
    index = ArticleIndex()
    for name, (title, body) in TEXTS.items():
        index.add(name, title=title, body=body)
    return index


def test_an_article_is_found_by_its_title_and_by_its_text() -> None:
    index = small_index()
    assert index.search("燃气安检")[0].article_id == "gas"
    assert index.search("清理粪便")[0].article_id == "dog"


def test_one_meaning_in_other_words_is_found_too() -> None:
    assert small_index().search("牵绳子")[0].article_id == "dog"
    assert small_index().search("老太太坐公共汽车")[0].article_id == "bus"


def test_what_shares_nothing_is_not_found() -> None:
    assert small_index().search("xyz") == []
    assert small_index().search("") == []
    assert ArticleIndex().search("燃气") == []


def test_an_added_article_is_found_at_once_and_a_removed_one_never_again() -> None:
    index = small_index()
    assert index.search("不动产登记")[0].article_id == "dog"  # 登记 is all they share
    index.add("house", title="不动产登记", body="二手房过户。")
    assert index.search("不动产登记")[0].article_id == "house"
    index.remove("house")
    index.remove("house")
    assert [hit.article_id for hit in index.search("不动产登记")] == ["dog"]


def test_adding_an_id_again_replaces_the_article() -> None:
    index = small_index()
    index.add("gas", title="停水", body="停水通知。")
    assert len(index) == 3
    assert "gas" not in {hit.article_id for hit in index.search("闻到燃气味")}
    assert index.search("停水")[0].article_id == "gas"


def test_the_limit_holds_and_scores_fall() -> None:
    hits = small_index().search("老年人养犬登记和燃气安检", limit=2)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score > 0


@given(st.lists(st.tuples(st.sampled_from(sorted(TEXTS)), st.booleans()), max_size=12))
@settings(max_examples=30, deadline=None)
def test_any_order_of_adding_and_removing_leaves_the_index_of_what_remains(
    steps: list[tuple[str, bool]],
) -> None:
    index = ArticleIndex()
    present: dict[str, tuple[str, str]] = {}
    for name, adds in steps:
        title, body = TEXTS[name]
        if adds:
            index.add(name, title=title, body=body)
            present.pop(name, None)
            present[name] = (title, body)
        else:
            index.remove(name)
            present.pop(name, None)
        index.search("老年人养犬燃气")  # compiles in between
    fresh = ArticleIndex()
    for name, (title, body) in present.items():
        fresh.add(name, title=title, body=body)
    for question in ("燃气安检找谁", "养犬要拴绳吗", "老年人坐公交"):
        found = {hit.article_id: round(hit.score, 9) for hit in index.search(question)}
        assert found == {hit.article_id: round(hit.score, 9) for hit in fresh.search(question)}


def test_an_index_let_go_is_emptied_in_steps() -> None:
    index = ArticleIndex()
    index.add_many(Entry(str(at), f"标题{at}", "老年人免费乘坐公交车") for at in range(300))
    index.add("one more", title="燃气", body="安检")
    steps = sum(1 for _ in index.let_go())
    assert steps > 3
    assert len(index) == 0
