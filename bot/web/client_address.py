"""Where a request comes from: the peer's address, or, behind proxies that are trusted, what they say of it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from bot.services import SERVICES
from bot.settings import Networks, networks

_MOST_HOPS = 20
_Address = IPv4Address | IPv6Address


def client_address(request: web.Request) -> str:
    """The address limits count by; empty where the server does not know its peer.

    ``X-Forwarded-For`` is read from the right, as each proxy adds whom it heard from, and only as long as the one who
    says so is trusted: whatever stands further left anybody may have written. Of an IPv6 address the network counts,
    for one line has more addresses than any limit.
    """
    peer = _parsed(request.remote or "")
    if peer is None:
        return request.remote or ""
    trusted = _trusted(request.app[SERVICES].settings.trusted_proxies)
    named = [one for line in request.headers.getall("X-Forwarded-For", ()) for one in line.split(",")]
    for said in reversed(named[-_MOST_HOPS:]):
        if not any(peer in network for network in trusted):
            break
        further = _parsed(said)
        if further is None:
            break
        peer = further
    if isinstance(peer, IPv6Address):
        return str(IPv6Network((peer, 64), strict=False))
    return str(peer)


def _parsed(said: str) -> _Address | None:
    """``1.2.3.4``, ``1.2.3.4:5678``, ``::1``, ``[::1]:5678``; None for anything else."""
    said = said.strip().strip('"')
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        found = ip_address(said)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


@lru_cache(maxsize=4)
def _trusted(said: str) -> Networks:
    return networks(said)
