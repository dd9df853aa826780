"""Consents: each counted once, spent once, corrected by the platform, and forgotten when the citizen asks."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from bot import metrics
from bot.delivery.reports import CHANGED, POPUP, SENT, DeliveryReports
from bot.delivery.subscriptions import ENDLESS, SubscriptionStore
from bot.wechat.accounts import Account
from bot.wechat.notice_templates import NoticeKind, NoticeTemplate, NoticeTemplates
from routing.identity import Vault
from routing.mongo_store import Database
from tests.factories import MONDAY_9_30

ONCE, LASTING = "T-once", "T-lasting"
NOTICES = NoticeTemplates(
    subscriptions={
        NoticeKind.RATE: NoticeTemplate(ONCE, {"thing1": "title"}),
        NoticeKind.OTHER: NoticeTemplate(LASTING, {"thing1": "title"}, lasting=True),
    }
)


class _NoTickets:
    async def report_notice(self, message_id: str, *, arrived: bool, code: str, now: Any) -> bool:
        return False


@pytest.fixture
async def store(database: Database) -> SubscriptionStore:
    store = SubscriptionStore(database, Vault(b"k" * 32))
    await store.prepare()
    return store


@pytest.fixture
async def reports(database: Database, store: SubscriptionStore) -> DeliveryReports:
    account = Account("county", "县", "wx1", "s" * 8, "t" * 8, "", notices=NOTICES)
    found = DeliveryReports(database, ledger=_NoTickets(), subscriptions=store, accounts={"county": account})
    await found.prepare()
    return found


def said(template: str, status: str, *, at: int = 1, openid: str = "o1") -> dict[str, object]:
    item = {"TemplateId": template, "SubscribeStatusString": status, "PopupScene": "2"}
    return {"FromUserName": openid, "CreateTime": at, "List": [item]}


async def left(store: SubscriptionStore, template: str = ONCE, openid: str = "o1") -> int:
    return await store.left("county", openid, template)


async def test_each_answer_counts_once_however_often_it_is_delivered(
    reports: DeliveryReports, store: SubscriptionStore
) -> None:
    for _ in range(3):
        await reports("county", POPUP, said(ONCE, "accept"), MONDAY_9_30)
    assert await left(store) == 1
    await reports("county", POPUP, said(ONCE, "accept", at=2), MONDAY_9_30)
    assert await left(store) == 2
    assert await left(store, openid="o2") == 0
    assert await store.left("market", "o1", ONCE) == 0, "a citizen is another one on another account"


async def test_a_refused_question_takes_nothing_back_and_the_settings_take_all(
    reports: DeliveryReports, store: SubscriptionStore
) -> None:
    await reports("county", POPUP, said(ONCE, "accept"), MONDAY_9_30)
    await reports("county", POPUP, said(ONCE, "reject", at=2), MONDAY_9_30)
    assert await left(store) == 1
    assert (await store.consent("county", "o1", ONCE)).rejected
    await reports("county", CHANGED, said(ONCE, "accept", at=3), MONDAY_9_30)
    assert await left(store) == 1, "a consent for once is only given when asked"
    await reports("county", CHANGED, said(ONCE, "reject", at=4), MONDAY_9_30)
    assert await left(store) == 0


@pytest.mark.parametrize(
    ("event", "alarms"), [("verify_expired", 1), ("annual_renew", 1), ("naming_verify_success", 0)]
)
async def test_an_account_that_is_about_to_lose_its_rights_is_an_alarm(
    reports: DeliveryReports, event: str, alarms: int
) -> None:
    counted = metrics.WECHAT_ALARMS.labels("county", event)
    before = counted._value.get()
    with capture_logs() as logs:
        await reports("county", event, {"FromUserName": "o1", "CreateTime": 1, "List": []}, MONDAY_9_30)
    assert [entry["event_"] for entry in logs if entry.get("alarm")] == [event] * alarms
    assert counted._value.get() == before + alarms


async def test_a_lasting_consent_is_not_used_up(reports: DeliveryReports, store: SubscriptionStore) -> None:
    await reports("county", POPUP, said(LASTING, "accept"), MONDAY_9_30)
    for _ in range(3):
        assert await store.take("county", "o1", LASTING)
    assert await left(store, LASTING) == ENDLESS
    await reports("county", CHANGED, said(LASTING, "reject", at=2), MONDAY_9_30)
    assert await left(store, LASTING) == 0
    assert not await store.take("county", "o1", LASTING)


async def test_a_consent_is_spent_once_and_given_back_when_nothing_was_sent(
    reports: DeliveryReports, store: SubscriptionStore
) -> None:
    assert not await store.take("county", "o1", ONCE)
    await reports("county", POPUP, said(ONCE, "accept"), MONDAY_9_30)
    assert await store.take("county", "o1", ONCE)
    assert not await store.take("county", "o1", ONCE)
    await store.give_back("county", "o1", ONCE)
    assert await left(store) == 1


async def test_what_the_platform_says_corrects_the_count(
    reports: DeliveryReports, store: SubscriptionStore
) -> None:
    for n in range(3):
        await reports("county", POPUP, said(ONCE, "accept", at=n), MONDAY_9_30)
    sent = {"TemplateId": ONCE, "MsgID": "77", "ErrorCode": "43101", "ErrorStatus": "no consent"}
    await reports("county", SENT, {"FromUserName": "o1", "CreateTime": 9, "List": [sent]}, MONDAY_9_30)
    assert await left(store) == 0


async def test_several_templates_come_in_one_event(
    reports: DeliveryReports, store: SubscriptionStore
) -> None:
    items = [*said(ONCE, "accept")["List"], *said(LASTING, "accept")["List"]]  # type: ignore[misc]
    await reports("county", POPUP, {"FromUserName": "o1", "CreateTime": 1, "List": items}, MONDAY_9_30)
    consents = await store.consents("county", "o1")
    assert {t for t, c in consents.items() if c.allows} == {ONCE, LASTING}


async def test_whoever_takes_the_authorisation_back_is_forgotten(
    reports: DeliveryReports, store: SubscriptionStore, database: Database
) -> None:
    for openid in ("o1", "o2"):
        await reports("county", POPUP, said(ONCE, "accept", openid=openid), MONDAY_9_30)
    await store.erase("county", "o1")
    assert await database["subscription_consents"].count_documents({}) == 1
    assert await left(store, openid="o2") == 1


async def test_no_openid_stands_in_the_collections(
    reports: DeliveryReports, store: SubscriptionStore, database: Database
) -> None:
    await reports("county", POPUP, said(ONCE, "accept", openid="oSecretCitizen"), MONDAY_9_30)
    done: dict[str, object] = {"FromUserName": "oSecretCitizen", "MsgID": "5", "Status": "success"}
    await reports("county", "templatesendjobfinish", done, MONDAY_9_30)
    for name in ("subscription_consents", "delivery_reports"):
        documents = await database[name].find().to_list(None)
        assert documents
        assert "oSecretCitizen" not in str(documents)


async def test_consents_outlive_a_key_rotation(
    reports: DeliveryReports, store: SubscriptionStore, database: Database
) -> None:
    await reports("county", POPUP, said(ONCE, "accept"), MONDAY_9_30)
    later = SubscriptionStore(database, Vault(b"n" * 32, previous=(b"k" * 32,)))
    assert await left(later) == 1
    assert await later.take("county", "o1", ONCE)
    assert await left(later) == 0
