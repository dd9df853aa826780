"""Addresses of the public pages, as they stand in what citizens are sent."""

from __future__ import annotations

from urllib.parse import quote


def public_page(public_url: str, article_id: str) -> str | None:
    """The page that says all of an entry; None where the service's public address is not configured."""
    return f"{public_url.rstrip('/')}/answers/{quote(article_id, safe='')}" if public_url else None
