"""Who is asking, behind proxies and in spite of what anybody writes into a header."""

from __future__ import annotations

from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.services import SERVICES, Services
from bot.settings import Settings, SettingsInvalid
from bot.web.client_address import client_address


class _Installation:
    """As much of the services as an address needs."""

    def __init__(self, trusted: str) -> None:
        self.settings = Settings.from_environment({}, trusted_proxies=trusted)


def _seen(peer: str, *forwarded: str, trusted: str = "") -> str:
    app = web.Application()
    app[SERVICES] = cast(Services, _Installation(trusted))
    headers = CIMultiDict[str]([("X-Forwarded-For", line) for line in forwarded])
    request = make_mocked_request("GET", "/answers", headers=headers, app=app)
    return client_address(request.clone(remote=peer) if peer else request)


PROXIES = "127.0.0.1, 10.0.0.0/8 fd00::/8"


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.9", (), "", "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "", "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), PROXIES, "203.0.113.9"),
        ("10.0.0.2", (), PROXIES, "10.0.0.2"),
        ("10.0.0.2", ("198.51.100.1",), PROXIES, "198.51.100.1"),
        ("10.0.0.2", ("1.1.1.1, 198.51.100.1, 10.9.9.9",), PROXIES, "198.51.100.1"),
        ("10.0.0.2", ("1.1.1.1", "198.51.100.1"), PROXIES, "198.51.100.1"),
        ("10.0.0.2", ("198.51.100.1:4711",), PROXIES, "198.51.100.1"),
        ("10.0.0.2", ("unknown, 10.0.0.3",), PROXIES, "10.0.0.3"),
        ("10.0.0.2", ("",), PROXIES, "10.0.0.2"),
        ("::ffff:10.0.0.2", ("198.51.100.1",), PROXIES, "198.51.100.1"),
        ("fd00::1", ('"[2001:db8:1:2:3::4]:99"',), PROXIES, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:aaaa::4", (), "", "2001:db8:1:2::/64"),
        ("", ("198.51.100.1",), PROXIES, ""),
    ],
)
def test_only_trusted_hops_are_believed(
    peer: str, forwarded: tuple[str, ...], trusted: str, expected: str
) -> None:
    assert _seen(peer, *forwarded, trusted=trusted) == expected


@given(forged=st.lists(st.text(alphabet="0123456789.:,[]% af", max_size=60), max_size=40))
def test_nothing_a_client_writes_changes_who_it_is(forged: list[str]) -> None:
    written = ", ".join(forged)
    assert _seen("10.0.0.2", f"{written}, 198.51.100.7", trusted=PROXIES) == "198.51.100.7"
    assert _seen("198.51.100.7", written, trusted=PROXIES) == "198.51.100.7"


def test_a_proxy_that_is_no_address_stops_the_start_and_is_named() -> None:
    with pytest.raises(SettingsInvalid, match=r"HUIYIN_TRUSTED_PROXIES.*nginx"):
        Settings.from_environment({"HUIYIN_TRUSTED_PROXIES": "10.0.0.1, nginx"})
