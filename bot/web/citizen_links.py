"""Addresses of the citizens' own pages, as they stand in what citizens are sent."""

from __future__ import annotations

from urllib.parse import quote


def citizen_path(account: str, number: str | None = None) -> str:
    """The page of one ticket, or the list of 我的诉求, below the service's address."""
    home = f"/my/{quote(account, safe='')}"
    return f"{home}/tickets/{quote(number, safe='')}" if number else home


def citizen_page(public_url: str, account: str, number: str | None = None) -> str | None:
    """The whole address; None where the service's public address is not configured."""
    return f"{public_url.rstrip('/')}{citizen_path(account, number)}" if public_url else None
