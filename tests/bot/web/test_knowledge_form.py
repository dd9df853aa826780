"""The editing form takes no letter from a text: kept whole, or refused in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.web.knowledge_fields import MOST_TEXT
from bot.web.knowledge_form import article_from, read_related, related_of, values_of
from knowledge_base.article import Article
from knowledge_base.importing.limits import MAX_TEXT
from tests.bot.web.knowledge_library import CATALOGUE, GUIDE, POLICY, QUESTION

LONG = "第一条 老年人乘车。\n" * (MOST_TEXT // 8)
assert GUIDE.guide is not None
LEFT_ALONE = [
    replace(POLICY, body=LONG),
    replace(POLICY, body="\ue123镇的规定\u200b，两个  空格。\n\n\n空行"),
    replace(POLICY, title="关于" * 300, issuer="局、" * 300),
    replace(QUESTION, questions=("这样  问", "那样问")),
    replace(GUIDE, guide=replace(GUIDE.guide, procedure=LONG, materials=("第一样\n第二行", "第二样"))),
    CATALOGUE,
]


def _sent(article: Article, **changes: str) -> dict[str, str]:
    """What a browser sends of that entry's form: lines end in CR LF."""
    form = {**values_of(article), **changes}
    for n, (one, relation) in enumerate(related_of(article).items()):
        form |= {f"related.{n}": one, f"relation.{n}": relation}
    return {name: value.replace("\n", "\r\n") for name, value in form.items()}


@pytest.mark.parametrize("article", LEFT_ALONE, ids=lambda one: one.kind.value)
def test_what_was_left_alone_stays_letter_for_letter_however_long(article: Article) -> None:
    saved, problems = article_from(_sent(article, topic="改了主题"), article)
    assert problems == []
    assert replace(saved, topic=article.topic, guide=None) == replace(article, guide=None)
    if article.guide:
        assert saved.guide == article.guide


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("body", "改" * (MOST_TEXT + 1), "“正文”有 200001 字，最多 200000 字"),
        ("title", "题" * 301, "“标题”有 301 字，最多 300 字"),
        ("laws", "法\n" * MOST_TEXT, "“依据的法律法规”有"),
    ],
)
def test_what_is_typed_beyond_the_limit_is_refused_and_still_stands_there(
    name: str, typed: str, said: str
) -> None:
    article, problems = article_from(_sent(POLICY, **{name: typed}), POLICY)
    assert len(problems) == 1
    assert said in problems[0]
    assert values_of(article)[name] == typed.strip()


def test_all_that_a_decision_repeals_stays_repealed() -> None:
    many = replace(POLICY, repeals=tuple(f"policy.old-{n}" for n in range(200)))
    assert read_related(_sent(many)) == dict.fromkeys(many.repeals, "repeals")
    assert article_from(_sent(many), many)[0].repeals == many.repeals


def test_a_guides_text_beside_its_notice_is_put_where_it_can_be_edited() -> None:
    both = replace(GUIDE, body="周末也办。")
    saved, _ = article_from(_sent(both), both)
    assert saved.guide is not None
    assert saved.guide.one_time_notice == "照片要近期免冠的。\n周末也办。"
    assert "周末也办。" in saved.body
    assert article_from(_sent(saved), saved)[0] == saved


def test_nothing_is_imported_that_the_form_would_not_take() -> None:
    assert MAX_TEXT == MOST_TEXT
