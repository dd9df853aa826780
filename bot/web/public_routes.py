"""The addresses open to everybody: no session is read there and nobody is asked who they are."""

from __future__ import annotations

from aiohttp import web

from bot.web import public, public_catalogue, public_entry


def public_routes() -> list[web.RouteDef]:
    """What the application mounts."""
    return [
        web.get("/answers", public.search),
        web.get("/answers/catalogue", public_catalogue.catalogue),
        web.get("/answers/{name}", public_entry.show_entry),
        web.post("/answers/{name}/feedback", public_entry.say_helpful),
    ]
