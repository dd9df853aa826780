"""Whatever the mix of dates, regions, reviews and relations: nothing is cited that does not hold for the asker that day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge_base.answering.answer import Answer, Answerer, Choice, Refusal
from knowledge_base.article import Article, ArticleKind, ArticleStatus, resting_on_lapsed

FIRST = date(2026, 6, 1)
REGIONS = ("清和县", "云岭县", "云川市", "全国")
HERE = frozenset({"清和县", "云川市", "全国"})
MATTERS = ("放风筝登记", "渡口摆渡票价", "古树认养", "温泉取水许可", "灯会摊位租赁")

days = st.integers(min_value=0, max_value=6).map(lambda days: FIRST + timedelta(days=days))
maybe = st.none() | days


@st.composite
def libraries(draw: st.DrawFn) -> tuple[Article, ...]:
    names = [f"question.{at}" for at in range(draw(st.integers(min_value=2, max_value=len(MATTERS))))]
    others = st.lists(st.sampled_from([*names, "policy.gone", "《中华人民共和国民法典》"]), max_size=2)
    return tuple(
        Article(
            id=name,
            kind=ArticleKind.QUESTION,
            title=f"{MATTERS[at]}怎么办理",
            body=f"{MATTERS[at]}请带身份证到窗口办理。",
            issuer="清和县人民政府",
            document_number=None,
            published_on=FIRST,
            effective_on=draw(days),
            expires_on=draw(maybe),
            status=draw(st.sampled_from([*ArticleStatus, *[ArticleStatus.PUBLISHED] * 6])),
            owner_unit_id="qh.government",
            region=draw(st.sampled_from(REGIONS)),
            basis=tuple(one for one in draw(others) if one != name),
            shown_from=draw(maybe),
            repealed_on=draw(maybe),
            repeals=tuple(draw(st.lists(st.sampled_from(names), max_size=1))),
        )
        for at, name in enumerate(names)
    )


def may_be_quoted(article_id: str, library: dict[str, Article], on: date, regions: frozenset[str]) -> bool:
    """By another way than the one tested: a pass over all of them."""
    article = library[article_id]
    lapsed = resting_on_lapsed(library.values(), on=on)
    ended = {
        ended for one in library.values() if one.has_begun(on) for ended in one.repeals if ended != one.id
    }
    reached, waiting = {article_id}, [article_id]
    while waiting:
        for basis in library[waiting.pop()].basis:
            if basis in library and basis not in reached:
                reached.add(basis)
                waiting.append(basis)
    near = all(library[one].valid_in(regions) for one in reached)
    return article.in_force(on) and article_id not in lapsed and article_id not in ended and near


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(library=libraries(), day=days, put_again=st.lists(st.integers(0, 4), max_size=3))
def test_nothing_is_cited_that_does_not_hold_for_the_asker_on_either_side_of_midnight(
    library: tuple[Article, ...], day: date, put_again: list[int]
) -> None:
    answerer = Answerer(library[:1], regions=HERE)
    for article in library[1:]:
        answerer.put(replace(article, repealed_on=FIRST))
    answerer.remove(library[-1].id)
    for article in (*library, *(library[at] for at in put_again if at < len(library))):
        answerer.put(article)
    known = {article.id: article for article in library}
    for on in (day - timedelta(days=1), day):  # asked at 23:59 and at 00:00
        for article in library:
            outcome = answerer.answer(article.title, on=on)
            match outcome:
                case Answer():
                    offered = [outcome.article_id]
                case Choice():
                    offered = [one.article_id for one in outcome.options]
                case Refusal():
                    offered = [one.article_id for one in outcome.nearest]
            assert all(may_be_quoted(one, known, on, HERE) for one in offered)
            if may_be_quoted(article.id, known, on, HERE):
                assert isinstance(outcome, Answer)
                assert outcome.article_id == article.id
