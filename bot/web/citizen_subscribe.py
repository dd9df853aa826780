"""订阅办理进度: which notices WeChat may deliver at any time, and how to agree to more of them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bot.delivery.subscriptions import Consent
from bot.services import SERVICES
from bot.web.citizen_access import Visitor, public_base
from bot.web.citizen_links import citizen_path
from bot.web.citizen_pages import show_citizen
from bot.web.citizen_words import Mark
from bot.wording import label


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One kind of notice, and how it stands."""

    name: str
    mark: Mark


async def show_subscriptions(request: web.Request, visitor: Visitor) -> web.StreamResponse:
    """Consent itself is WeChat's to ask: the page explains, and leads to where it asks, if there is such a place."""
    services, account = request.app[SERVICES], visitor.account
    offered = account.notices.subscriptions
    openid = visitor.session.openid
    consents = await services.delivery.subscriptions.consents(account.name, openid) if openid else {}
    rows = [
        Subscribed(label(kind), _mark(consents.get(template.id, Consent())))
        for kind, template in offered.items()
    ]
    context = {
        "rows": rows if openid else [],
        "ask_href": _ask_address(request, visitor) if openid and offered else "",
        "in_wechat": bool(openid),
    }
    return show_citizen(request, "citizen_subscribe.html", context, session=visitor.session)


def _ask_address(request: web.Request, visitor: Visitor) -> str:
    """Where the simulated WeChat asks. The real one asks only in its own articles and cards, by no address."""
    oauth = request.app[SERVICES].oauth[visitor.account.name]
    if not oauth.simulated:
        return ""
    ids = [template.id for template in visitor.account.notices.subscriptions.values()]
    back = f"{public_base(request)}{citizen_path(visitor.account.name)}/subscribe"
    fields = {"appid": visitor.account.app_id, "template_ids": ",".join(ids), "redirect_url": back}
    return f"{oauth.open_base.rstrip('/')}/subscribe/consent?{urlencode(fields)}"


def _mark(consent: Consent) -> Mark:
    if consent.lasting:
        return Mark("met", "一直收")
    if consent.left > 0:
        return Mark("met", f"还能收 {consent.left} 次")
    return Mark("off", "没有同意" if consent.rejected else "还没订阅")
