"""The addresses of the citizens' own pages, all below the account they are of."""

from __future__ import annotations

from aiohttp import web

from bot.web import (
    citizen_acts,
    citizen_entry,
    citizen_list,
    citizen_photos,
    citizen_subscribe,
    citizen_ticket,
)
from bot.web.citizen_access import done, shown, uploaded


def citizen_routes() -> list[web.RouteDef]:
    """What the application mounts."""
    home = "/my/{account}"
    ticket = f"{home}/tickets/{{number}}"
    return [
        web.get(home, shown(citizen_list.show_list)),
        web.get(f"{home}/enter", citizen_entry.enter),
        web.get(f"{home}/find", citizen_entry.show_find),
        web.post(f"{home}/find", citizen_entry.find),
        web.post(f"{home}/leave", done(citizen_entry.leave)),
        web.get(f"{home}/subscribe", shown(citizen_subscribe.show_subscriptions)),
        web.get(ticket, shown(citizen_ticket.show_ticket)),
        web.get(f"{ticket}/photos/{{photo}}", shown(citizen_photos.show_photo)),
        web.post(f"{ticket}/supplement", uploaded(citizen_acts.supplement)),
        web.post(f"{ticket}/{{action}}", done(citizen_acts.act)),
    ]
