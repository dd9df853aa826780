"""Whether a citizen is asked for consent to notices, and on which page: once there is something left to agree to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.delivery.subscriptions import SubscriptionStore
from bot.web.citizen_links import citizen_page
from bot.wechat.accounts import Account


@dataclass(frozen=True, slots=True)
class ConsentPages:
    """Who refused is not asked again; who agreed for good, or has messages left, need not be."""

    subscriptions: SubscriptionStore
    accounts: Mapping[str, Account]
    public_url: str

    async def wanted_by(self, account: str, openid: str) -> str | None:
        known = self.accounts.get(account)
        page = citizen_page(self.public_url, account)
        if known is None or page is None or not known.notices.subscriptions:
            return None
        given = await self.subscriptions.consents(account, openid)
        for template in known.notices.subscriptions.values():
            consent = given.get(template.id)
            if consent is None or not (consent.rejected or consent.lasting or consent.left):
                return f"{page}/subscribe"
        return None
