"""The watch over hot spots as the worker runs it: supervisors hear of every level in the centre's notices."""

from __future__ import annotations

from bot.services import Services
from bot.similar_words import hot_notice
from routing.events import Audience, NoticeChannel, OutboxEntry
from routing.resemblance.hotspot_store import Hotspot, Warned
from routing.resemblance.hotspot_watch import HotspotWatch


def hotspot_watch(services: Services) -> HotspotWatch:
    """The watch over this installation's tickets."""

    async def tell(hotspot: Hotspot, warned: Warned) -> None:
        entry = OutboxEntry(
            id=f"hotspot-{hotspot.id}-{warned.level}",
            event_seq=0,
            audience=Audience.CENTRE,
            channel=NoticeChannel.CONSOLE,
        )
        text = hot_notice(hotspot, warned)
        await services.console_notices.put(
            entry, number=hotspot.numbers[-1], unit_id=None, text=text, at=warned.at
        )

    return HotspotWatch(
        services.database,
        store=services.hotspots,
        duplicates=services.duplicates,
        gazetteer=lambda: services.gazetteer,
        tell=tell,
    )
