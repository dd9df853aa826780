"""What delivering to citizens needs beside the tickets and the WeChat clients."""

from __future__ import annotations

from dataclasses import dataclass

from bot.delivery.asked import AskedCitizens
from bot.delivery.reports import DeliveryReports
from bot.delivery.sms import SmsGateway
from bot.delivery.subscriptions import SubscriptionStore
from bot.delivery.waiting import WaitingCitizens
from bot.delivery.windows import Windows
from bot.hotline.platform import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParts:
    """Made by ``bot.wiring``. ``sms`` None: this installation has no gateway."""

    sms: SmsGateway | None
    subscriptions: SubscriptionStore
    reports: DeliveryReports
    waiting: WaitingCitizens
    windows: Windows
    asked: AskedCitizens | None = None
    platform: Platform | None = None
    """None: no platform above is called."""
