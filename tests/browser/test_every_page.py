"""Every page of the running demo, as the person it is for opens it: both widths, light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Literal

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser, ViewportSize

from bot.simulator.pages import simulator_routes
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.sms_gateway import SimulatedSms
from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.axe import COLOURS, repeated, serious_violations
from tests.browser.every_page import EVERY_PAGE, NO_PAGE, NOT_FOR_READING, SEEN_AT_WORK, Walked
from tests.browser.watching import Screen, screen_of
from tests.chromium import PHONE, WIDE
from tests.journeys.city import ACCOUNT
from tests.journeys.demo_process import Demo

pytestmark = pytest.mark.browser


async def test_every_page_fits_reads_well_and_asks_nobody_else(browser: Browser, demo: Demo) -> None:
    screens: dict[str, Screen] = {}
    for walked in EVERY_PAGE:
        if walked.by not in screens:
            screens[walked.by] = await screen_of(browser, demo, walked.by)
        await _look_at(screens[walked.by], walked)
    assert [fault for screen in screens.values() for fault in screen.faults] == []


async def _look_at(screen: Screen, walked: Walked) -> None:
    """Opened once, then looked at by day and by night on a wide screen and on a telephone. Every rule is asked at either
    width; of the other scheme of colours only what colours can break."""
    await screen.page.emulate_media(color_scheme="light")
    await screen.page.set_viewport_size(WIDE)
    await screen.opens(await screen.find(walked), status=walked.status)
    for size, scheme, rules in _LOOKS:
        await screen.page.emulate_media(color_scheme=scheme)
        await screen.must_fit(f"{walked.name}-{scheme}", size)
        found = await screen.look(partial(serious_violations, screen.page, but=repeated(4), only=rules))
        screen.faults += [f"{walked.name}, {size['width']} px, {scheme}: {one}" for one in found]


_LOOKS: tuple[tuple[ViewportSize, Literal["light", "dark"], tuple[str, ...]], ...] = (
    (WIDE, "light", ()),
    (WIDE, "dark", COLOURS),
    (PHONE, "dark", ()),
    (PHONE, "light", COLOURS),
)


async def test_no_page_is_missing_from_the_walk(console: Console) -> None:
    async with aiohttp.ClientSession() as http:
        platform = SimulatedPlatform(account=ACCOUNT, deliver_to="", http=http, clock=console.clock)
        texts = SimulatedSms([platform], secret="", sign="", clock=console.clock)
        simulated = [*simulator_routes(platform, clock=console.clock), *texts.routes()]
        addresses = {*_read(console.server.app), *(one.path for one in simulated if one.method == "GET")}
    walked = {one.route for one in EVERY_PAGE} - {"/simulator/at/market"}
    known = walked | set(NO_PAGE) | set(SEEN_AT_WORK)
    missing = {one for one in addresses if not one.startswith(NOT_FOR_READING)} - known
    assert missing == set(), "a page nobody looks at: add it to tests/browser/every_page.py"
    assert known - addresses == set(), "the walk knows pages that are no more"


def _read(app: web.Application) -> Iterable[str]:
    """Every address that is read, as the route table has it."""
    for resource in app.router.resources():
        if any(route.method == "GET" for route in resource):
            yield resource.canonical
