"""What the platform says became of messages it had taken, and what citizens say to being asked for consent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from pymongo import ASCENDING, IndexModel

from bot import metrics
from bot.delivery.subscriptions import ConsentEvent, SubscriptionStore, event_key
from bot.wechat.accounts import Account
from routing.mongo_store import AWARE, Collection, Database, Document

TEMPLATE_DONE: Final = "templatesendjobfinish"
POPUP: Final = "subscribe_msg_popup_event"
CHANGED: Final = "subscribe_msg_change_event"
SENT: Final = "subscribe_msg_sent_event"
_ENDANGERED: Final = frozenset(
    {"qualification_verify_fail", "naming_verify_fail", "annual_renew", "verify_expired"}
)
"""The account's verification fails or ends, and with it the right to send anything: somebody must look."""

log = structlog.get_logger(__name__)

_KEPT = timedelta(days=14)
_LOOK_AGAIN = timedelta(minutes=5)
_GIVE_UP = timedelta(days=2)
"""A report whose message no ticket knows by then is of a message that was not ours to begin with."""
_NO_CONSENT = "43101"


class Ledger(Protocol):
    """What reports need of the service desk."""

    async def report_notice(self, message_id: str, *, arrived: bool, code: str, now: datetime) -> bool: ...


class DeliveryReports:
    """Implements ``bot.wechat.events.Reports``. Collection ``delivery_reports``: a report is kept before anything is
    done about it, because it may come before our own note of the sending, and is told up to three times."""

    def __init__(
        self,
        database: Database,
        *,
        ledger: Ledger,
        subscriptions: SubscriptionStore,
        accounts: Mapping[str, Account],
    ) -> None:
        self._reports: Collection = database.get_collection("delivery_reports", codec_options=AWARE)
        self._ledger = ledger
        self._subscriptions = subscriptions
        self._accounts = accounts

    async def prepare(self) -> None:
        await self._reports.create_indexes(
            [
                IndexModel([("at", ASCENDING)], expireAfterSeconds=int(_KEPT.total_seconds())),
                IndexModel([("look_at", ASCENDING)], sparse=True),
            ]
        )

    async def __call__(self, account: str, event_name: str, fields: dict[str, object], now: datetime) -> None:
        if event_name in _ENDANGERED:
            log.error("wechat account endangered", account=account, event_=event_name, alarm=True)
            metrics.WECHAT_ALARMS.labels(account, event_name).inc()
            return
        if event_name == TEMPLATE_DONE:
            status = _text(fields, "Status")
            await self._take_down(account, _text(fields, "MsgID"), *_verdict(status), now=now)
            return
        for item in _items(fields):
            if event_name == SENT:
                await self._sent(account, fields, item, now)
            elif event_name in (POPUP, CHANGED):
                await self._consent(account, event_name, fields, item, now)

    async def settle(self, message_id: str, *, now: datetime) -> None:
        """Our own note of the sending is written: whatever was reported of it before can now be, too."""
        found = await self._reports.find_one({"_id": message_id, "look_at": {"$exists": True}})
        if found is not None:
            await self._apply(found, now)

    async def settle_open(self, now: datetime, *, limit: int = 100) -> int:
        """Look again at reports of messages nobody knew: a worker may have died between two writes."""
        cursor = self._reports.find({"look_at": {"$lte": now}}).sort("look_at", ASCENDING).limit(limit)
        found = await cursor.to_list(length=limit)
        for report in found:
            await self._apply(report, now)
        return len(found)

    async def _take_down(
        self, account: str, message_id: str, arrived: bool, code: str, *, now: datetime
    ) -> None:
        if not message_id:
            return
        _id = message_key(account, message_id)
        first: Document = {"arrived": arrived, "code": code, "at": now, "look_at": now}
        await self._reports.update_one({"_id": _id}, {"$setOnInsert": first}, upsert=True)
        await self.settle(_id, now=now)

    async def _apply(self, report: Document, now: datetime) -> None:
        known = await self._ledger.report_notice(
            report["_id"], arrived=report["arrived"], code=report["code"], now=now
        )
        if known or now - report["at"] > _GIVE_UP:
            change: Document = {"$unset": {"look_at": ""}}
        else:
            change = {"$set": {"look_at": now + _LOOK_AGAIN}}
        await self._reports.update_one({"_id": report["_id"]}, change)

    async def _sent(
        self, account: str, fields: dict[str, object], item: Mapping[str, object], now: datetime
    ) -> None:
        """The report of a subscription message; without consent the count was wrong."""
        code = _text(item, "ErrorCode") or "0"
        no_consent = code == _NO_CONSENT
        await self._note(
            account,
            fields,
            item,
            ConsentEvent.NONE_LEFT if no_consent else ConsentEvent.SENT,
            lasting=False,
            now=now,
        )
        await self._take_down(account, _text(item, "MsgID"), code == "0", code, now=now)

    async def _consent(
        self,
        account: str,
        event_name: str,
        fields: dict[str, object],
        item: Mapping[str, object],
        now: datetime,
    ) -> None:
        known = self._accounts.get(account)
        template = known.notices.subscription_with_id(_text(item, "TemplateId")) if known else None
        lasting = template is not None and template.lasting
        accepted = _text(item, "SubscribeStatusString") == "accept"
        if accepted and event_name == CHANGED and not lasting:
            return  # switched on again in the settings: a consent for once is only given when asked
        refused = ConsentEvent.REJECTED if event_name == POPUP else ConsentEvent.TAKEN_BACK
        event = ConsentEvent.ACCEPTED if accepted else refused
        await self._note(account, fields, item, event, lasting=lasting, now=now)

    async def _note(
        self,
        account: str,
        fields: dict[str, object],
        item: Mapping[str, object],
        event: ConsentEvent,
        *,
        lasting: bool,
        now: datetime,
    ) -> None:
        openid, template_id = _text(fields, "FromUserName"), _text(item, "TemplateId")
        if openid and template_id:
            key = event_key(fields, item)
            await self._subscriptions.note(
                account, openid, template_id, event, key=key, lasting=lasting, now=now
            )


def message_key(account: str, message_id: str) -> str:
    """How a message of one account is named in the ledger: platforms number each account's by itself."""
    return f"{account}:{message_id}"


def _verdict(status: str) -> tuple[bool, str]:
    """``success``, ``failed:user block`` (refused by the citizen), ``failed: system failed``."""
    said = status.strip().lower()
    if said == "success":
        return True, ""
    return False, "user-block" if "block" in said else "system-failed"


def _items(fields: Mapping[str, object]) -> list[Mapping[str, object]]:
    found = fields.get("List")
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _text(fields: Mapping[str, object], name: str) -> str:
    found = fields.get(name)
    return str(found).strip() if found is not None else ""
