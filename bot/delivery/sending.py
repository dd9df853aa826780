"""One attempt on one rung: which ways are open for a citizen, and what the channel said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from bot.delivery.ladder import Accepted, Declined, Means, Result, Unclear
from bot.delivery.reports import message_key
from bot.delivery.sms import is_mobile
from bot.delivery.words import NoticeWords
from bot.services import Services
from bot.wechat.client import WeChatClient
from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown
from bot.wechat.notice_templates import NoticeTemplates
from bot.wechat.subscription_messages import send_subscription, send_template
from routing.citizen_request import Citizen
from routing.events import OutboxEntry, Rung

log = structlog.get_logger(__name__)

_NO_CONSENT = 43101


class Sending:
    """Sends one notice one way. Never raises for what a channel does: that is the ``Result``."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def means(self, citizen: Citizen, words: NoticeWords, *, now: datetime) -> Means:
        """The ways that are open: configured for the account, allowed by the citizen, not known to be closed."""
        parts, found = self._services.delivery, set[Rung]()
        if parts.sms is not None and citizen.texts and is_mobile(citizen.phone):
            found.add(Rung.SMS)
        account, openid = citizen.account or "", citizen.openid
        if openid is None or account not in self._services.wechat_clients:
            return Means(frozenset(found), on_wechat=False, follower=openid is not None, texts=citizen.texts)
        known = self._notices(account)
        template, subscription = known.template(words.kind), known.subscription(words.kind)
        if template is not None:
            found.add(Rung.TEMPLATE)
        if subscription is not None and await parts.subscriptions.left(account, openid, subscription.id):
            found.add(Rung.SUBSCRIPTION)
        chat_open = await parts.windows.is_open(account, openid, now=now)
        if chat_open is not False:
            found |= {Rung.CHAT, Rung.CHAT_SHORT}
        wanted = any(one.chat_first for one in (template, subscription) if one is not None)
        return Means(frozenset(found), chat_first=wanted and chat_open is True)

    async def send(
        self, citizen: Citizen, rung: Rung, entry: OutboxEntry, words: NoticeWords, *, now: datetime
    ) -> Result:
        """Attempt it. Whatever breaks after the claim may have broken after the sending: then it is ``Unclear``."""
        if rung is Rung.SMS:
            return await self._sms(citizen, entry, words, now=now)
        account, openid = citizen.account or "", citizen.openid
        client = self._services.wechat_clients.get(account)
        if client is None or openid is None:
            return Declined("no-account", DeliveryClass.CITIZEN)
        ways: dict[Rung, Callable[[], Awaitable[str | None]]] = {
            Rung.TEMPLATE: lambda: self._template(client, account, openid, entry, words),
            Rung.SUBSCRIPTION: lambda: self._subscription(client, account, openid, words, now),
            Rung.CHAT: lambda: _chat(client, openid, words.chat_for(account)),
            Rung.CHAT_SHORT: lambda: _chat(client, openid, words.short_for(account)),
        }
        try:
            message_id = await ways[rung]()
        except DeliveryRefused as refusal:
            if refusal.klass is DeliveryClass.WINDOW:
                await self._services.delivery.windows.closed(account, openid)
            return Declined(str(refusal.code), refusal.klass)
        except Exception as error:
            if not isinstance(error, DeliveryUnknown):
                log.error("notice outcome unknown", notice=entry.id, error=type(error).__name__)
            return Unclear()
        asked = self._services.delivery.asked
        if asked is not None:
            await asked.note(
                words.kind,
                rung,
                account=account,
                openid=openid,
                number=words.number,
                now=now,
                wants_material=words.wants_material,
            )
        return Accepted(message_key(account, message_id) if message_id else None)

    async def _template(
        self, client: WeChatClient, account: str, openid: str, entry: OutboxEntry, words: NoticeWords
    ) -> str | None:
        template = self._notices(account).template(words.kind)
        if template is None:
            raise DeliveryRefused(_NO_CONSENT, DeliveryClass.CITIZEN)
        return await send_template(
            client,
            openid,
            template.id,
            words.fields(template),
            client_msg_id=client_message_id(entry),
            url=words.link(account),
        )

    async def _subscription(
        self, client: WeChatClient, account: str, openid: str, words: NoticeWords, now: datetime
    ) -> str | None:
        """Spent before it is sent: a crash in between costs one consent and never a second message."""
        template, consents = (
            self._notices(account).subscription(words.kind),
            self._services.delivery.subscriptions,
        )
        if template is None or not await consents.take(account, openid, template.id):
            raise DeliveryRefused(_NO_CONSENT, DeliveryClass.CITIZEN)
        try:
            return await send_subscription(
                client, openid, template.id, words.fields(template), page=words.link(account)
            )
        except DeliveryRefused as refusal:
            if refusal.code == _NO_CONSENT:
                await consents.none_left(account, openid, template.id, now=now)
            else:
                await consents.give_back(account, openid, template.id)
            raise

    async def _sms(
        self, citizen: Citizen, entry: OutboxEntry, words: NoticeWords, *, now: datetime
    ) -> Result:
        gateway = self._services.delivery.sms
        if gateway is None or citizen.phone is None:
            return Declined("sms-citizen-none", DeliveryClass.CITIZEN)
        try:
            return await gateway.send(
                citizen.phone, words.sms_for(self._account_of(citizen)), key=client_message_id(entry), now=now
            )
        except Exception as error:
            log.error("text message outcome unknown", notice=entry.id, error=type(error).__name__)
            return Unclear()

    def _account_of(self, citizen: Citizen) -> str | None:
        """Whose pages the citizen is led to: who came by none finds the ticket on any account's."""
        return citizen.account or next(iter(self._services.wechat_accounts), None)

    def _notices(self, account: str) -> NoticeTemplates:
        known = self._services.wechat_accounts.get(account)
        return known.notices if known else NoticeTemplates()


def client_message_id(entry: OutboxEntry) -> str:
    """One name for all attempts of one notice, and another each time somebody has it sent again."""
    return f"{entry.id}-r{entry.replays}" if entry.replays else entry.id


async def _chat(client: WeChatClient, openid: str, text: str) -> None:
    await client.send_text(openid, text)
