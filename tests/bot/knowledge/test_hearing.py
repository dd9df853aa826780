"""What citizens asked, kept once and without identity; and where an asker is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.knowledge.gathering import Gathering
from bot.knowledge.pages import public_page
from bot.knowledge.regions import home_regions, regions_at
from bot.services import Services
from bot.wechat.messages import MessageKind
from knowledge_base.answering.outcome import Answer, Choice, Citation, Refusal, RefusalReason, Suggestion
from knowledge_base.gaps.asked import AskedOutcome
from knowledge_base.gaps.figures import KnowledgeFigure
from knowledge_base.gaps.gathering import Lack
from routing.reference_tables import demo_reference
from tests.bot.knowledge.conftest import EDITOR, Clock, a_message, asks_in_vain
from tests.bot.knowledge.test_gathering import HEARING_AID
from tests.factories import MONDAY_9_30
from tests.running import run_services

GAZETTEER = demo_reference().gazetteer


def an_answer(services: Services, article_id: str = "guide.social-card") -> Answer:
    article = services.answerer.get(article_id)
    assert article is not None
    cited = Citation(article.title, article.issuer, None, article.published_on, article.effective_on)
    return Answer(article_id, article.title, "带身份证。", cited, 0.97, None)


async def outcomes(services: Services) -> list[AskedOutcome]:
    tallies = await services.questions.tally(MONDAY_9_30, MONDAY_9_30.replace(year=2027))
    return [one.outcome for one in tallies for _ in range(one.many)]


async def test_an_answered_question_is_kept_without_its_words(services: Services) -> None:
    message = a_message(1, text="社保卡丢了，我叫王建国")
    for _ in range(2):
        await services.hearing.asked(message, an_answer(services), now=services.clock())
    (stored,) = await services.database["asked_questions"].find({}).to_list(None)
    assert "question" not in stored
    assert "asker" not in stored
    assert (stored["article_id"], stored["unit_id"]) == ("guide.social-card", "qh.human-resources")


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (RefusalReason.UNSURE, AskedOutcome.REFUSED),
        (RefusalReason.LAPSED, AskedOutcome.REFUSED),
        (RefusalReason.SENSITIVE, AskedOutcome.TO_A_PERSON),
        (RefusalReason.OTHER_REGION, AskedOutcome.ELSEWHERE),
    ],
)
async def test_each_refusal_is_counted_as_what_it_was(
    services: Services, reason: RefusalReason, outcome: AskedOutcome
) -> None:
    await services.hearing.asked(a_message(1), Refusal((), reason), now=services.clock())
    assert await outcomes(services) == [outcome]


async def test_a_question_answered_after_a_choice_counts_as_answered(services: Services) -> None:
    message = a_message(1)
    offered = Choice((Suggestion("guide.social-card", "社保卡怎么补办"),))
    await services.hearing.asked(message, offered, now=services.clock())
    assert await outcomes(services) == [AskedOutcome.CHOICE]
    await services.hearing.chosen(message.key, "guide.social-card")
    assert await outcomes(services) == [AskedOutcome.ANSWERED]


async def test_a_last_word_replaces_the_first_and_counts_once(services: Services) -> None:
    message, now = a_message(1), services.clock()
    await services.hearing.asked(message, an_answer(services), now=now)
    await services.hearing.helpful(message.key, "guide.social-card", now=now)
    for _ in range(2):
        await services.hearing.lacking(
            message,
            message.key,
            Lack.UNHELPFUL,
            question="社保卡丢了，我电话13812345678",
            article_id="guide.social-card",
            now=now,
        )
    assert await services.articles.helpfulness("guide.social-card") == (0, 1)
    (stored,) = await services.database["asked_questions"].find({}).to_list(None)
    assert stored["question"] == "社保卡丢了，我电话[手机号]"
    assert message.openid not in str(stored)


async def test_after_a_yes_a_second_no_counts_as_no(services: Services) -> None:
    message, now = a_message(1), services.clock()
    await services.hearing.asked(message, an_answer(services), now=now)

    async def no() -> None:
        await services.hearing.lacking(
            message, message.key, Lack.UNHELPFUL, question="社保卡丢了", article_id=None, now=now
        )

    await no()
    await services.hearing.helpful(message.key, "guide.social-card", now=now)
    await no()
    (stored,) = await services.database["asked_questions"].find({}).to_list(None)
    assert stored["helpful"] is False


async def test_who_takes_the_authorisation_back_has_what_they_asked_erased(
    services: Services, clock: Clock
) -> None:
    async def take_back() -> None:
        event = replace(
            a_message(9, openid="o-1"), kind=MessageKind.EVENT, event="user_authorization_revoke", content=""
        )
        assert await services.dialogue(event, now=clock()) is None

    asked = services.database["asked_questions"]
    for place, question in enumerate(HEARING_AID):
        await asks_in_vain(services, place, question, openid=f"o-{place + 1}")
        clock.advance(seconds=1)
    gathering = Gathering(services)
    while await gathering.gather(clock()):
        pass
    (task,) = await services.gaps.open_tasks(EDITOR, now=clock())
    assert task.title == HEARING_AID[0]
    await asks_in_vain(services, 7, "共享单车押金怎么退", openid="o-1")
    await take_back()
    left = [document["question"] async for document in asked.find({})]
    assert sorted(left) == sorted(HEARING_AID[1:])
    (gap,) = await services.database["gaps"].find({}).to_list(None)
    assert gap["wordings"] == list(HEARING_AID[1:])
    assert (await services.tasks.get(task.id)).title == HEARING_AID[1]


@pytest.mark.parametrize("written", [True, False])
async def test_a_question_that_was_answered_is_erased_with_the_conversation(
    services: Services, clock: Clock, written: bool
) -> None:
    message = a_message(1, openid="o-1", text="社保卡丢了怎么补办")
    await services.dialogue(message, now=clock())
    asked = services.database["asked_questions"]
    if written:
        assert await services.asked_notes.drain(clock()) == 1
        assert await asked.count_documents({"_id": message.key}) == 1
    event = replace(
        a_message(9, openid="o-1"), kind=MessageKind.EVENT, event="user_authorization_cancellation"
    )
    await services.dialogue(event, now=clock())
    assert await services.asked_notes.drain(clock()) == 0
    assert await asked.count_documents({}) == 0


async def test_a_yes_finds_its_question_before_the_worker_wrote_it_down(
    services: Services, clock: Clock
) -> None:
    question = a_message(1, openid="o-1", text="社保卡丢了怎么补办")
    await services.dialogue(question, now=clock())
    await services.dialogue(a_message(2, openid="o-1", text="有用"), now=clock())
    asked = services.database["asked_questions"]
    before = await asked.find({}).to_list(None)
    assert [(one["_id"], one["outcome"], one["helpful"]) for one in before] == [
        (question.key, "answered", True)
    ]
    assert await services.asked_notes.drain(clock()) == 1
    assert await asked.find({}).to_list(None) == before


async def test_what_visitors_of_the_public_page_say_counts_and_gathers(
    services: Services, clock: Clock
) -> None:
    for place in range(3):
        await services.hearing.on_page(
            "guide.social-card",
            helpful=False,
            question="",
            key=f"visit-{place}",
            asker=f"192.0.2.{place} Browser",
            now=clock(),
        )
    await services.hearing.on_page(
        "guide.social-card", helpful=True, question="社保卡", key="visit-9", asker="x", now=clock()
    )
    gathering = Gathering(services)
    while await gathering.gather(clock()):
        pass
    (task,) = await services.gaps.open_tasks(EDITOR, now=clock())
    assert (task.unit_id, task.article_id, task.askers) == ("qh.human-resources", "guide.social-card", 3)
    assert await services.articles.helpfulness("guide.social-card") == (1, 4)
    counted = await services.knowledge_figures.totals(
        MONDAY_9_30.replace(day=1), MONDAY_9_30.replace(year=2027), now=clock()
    )
    assert counted[KnowledgeFigure.ANSWERED].denominator == 0, "a visit is no question"
    assert counted[KnowledgeFigure.HELPFUL].value == 0.25


async def test_a_word_on_an_entry_that_is_gone_is_passed_over(services: Services, clock: Clock) -> None:
    await services.hearing.on_page("guide.gone", helpful=False, question="", key="v", asker="x", now=clock())
    assert await services.database["asked_questions"].count_documents({}) == 0


# ---- where an asker is


def test_the_home_of_the_table_of_places_is_the_installation_s_own_place() -> None:
    assert home_regions("", GAZETTEER) == frozenset(
        {"清和县", "云川市", "江原省", "江原省/云川市", "江原省/云川市/清和县", "全国"}
    )


def test_a_configured_place_goes_before_the_table() -> None:
    assert home_regions("云川市/望川区", GAZETTEER) == frozenset(
        {"云川市", "望川区", "云川市/望川区", "全国"}
    )


def test_one_place_s_name_stands_for_all_that_lies_above_it() -> None:
    assert "云川市" in regions_at("望川区", GAZETTEER)
    assert "清和县" not in regions_at("望川区", GAZETTEER)


def test_a_name_the_table_does_not_know_stands_for_itself() -> None:
    assert regions_at("月亮县", GAZETTEER) == frozenset({"月亮县", "全国"})


async def test_an_account_of_its_own_place_is_answered_by_that_place_s_rules(
    services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.toml"
    file.write_text(
        '[accounts.wangchuan]\ntitle = "望川"\napp_id = "wx1"\nsecret = "s"\ntoken = "abc"\n'
        'mode = "plain"\nregion = "望川区"\n',
        encoding="utf-8",
    )
    settings = services.settings.model_copy(update={"wechat_accounts": file})
    async with run_services(settings, clock=services.clock) as both:
        for account, place, other in ((None, "清和县", "望川区"), ("wangchuan", "望川区", "清和县")):
            regions = both.regions_of(account)
            assert regions is not None
            assert place in regions
            assert other not in regions
            assert "云川市" in regions


def test_a_public_page_has_an_address_only_where_the_service_has_one() -> None:
    assert public_page("", "guide.social-card") is None
    assert public_page("https://x.cn/", "guide.a b") == "https://x.cn/answers/guide.a%20b"
