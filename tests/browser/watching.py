"""Somebody at a screen of the running demo, and everything a good page never makes them see."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import unescape
from typing import TypeVar

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, ViewportSize

from tests.browser.every_page import CITIZEN, EVERY_PAGE, Walked, shape_of
from tests.chromium import PHONE, WIDE, keep_picture
from tests.journeys.demo_process import Demo

ACCOUNT = "demo"
LINKED_WITHIN_S = 60.0
"""What the worker of a demo just started makes is there after a while."""
_Seen = TypeVar("_Seen")
_RUNS_OVER = """
() => [document.documentElement.scrollWidth - innerWidth,
  ...[...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, .tabs, .skip, pre'))
    .slice(0, 3).map(one => one.tagName + '.' + one.className)]
"""


@dataclass
class Screen:
    """One page of a browser; ``faults`` is what was wrong so far, in words."""

    demo: Demo
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)

    @property
    def at(self) -> str:
        """The address without the server's own part."""
        return self.page.url.removeprefix(self.demo.url)

    async def opens(self, path: str, *, status: int = 200) -> None:
        """Go there; another answer than that is a fault."""
        answer = await self.page.goto(self.demo.url + path)
        if answer is None or answer.status != status:
            self.faults.append(f"{path} answers {answer.status if answer else 'nothing'}")

    async def must_fit(self, name: str, size: ViewportSize) -> None:
        """Nothing runs over the right edge at that width; a picture is kept where asked for."""
        await self.page.set_viewport_size(size)
        over, *elements = await self.look(lambda: self.page.evaluate(_RUNS_OVER))
        if over > 0:
            self.faults.append(f"{name} is {over} px too wide at {size['width']}: {elements}")
        await keep_picture(self.page, f"{name}-{size['width']}")

    async def look(self, at: Callable[[], Awaitable[_Seen]]) -> _Seen:
        """What ``at`` gives; a page that renews itself may do so in the middle, and then it is looked at again."""
        for _ in range(3):
            try:
                return await at()
            except Error as error:
                if "context was destroyed" not in str(error):
                    raise
                await self.page.wait_for_load_state()
        return await at()

    async def logs_in(self, by: str) -> None:
        """As the login page's own form does it."""
        answer = await self.context.request.post(
            f"{self.demo.url}/console/login",
            form={"user": by, "password": self.demo.password(by), "next": ""},
        )
        assert answer.ok, f"{by} cannot log in: {answer.status}"

    async def find(self, walked: Walked) -> str:
        """The address of that page; one that names something is the first link of its shape where links stand."""
        if not walked.found_on:
            return (walked.opens or walked.route).replace("{account}", ACCOUNT)
        start = walked.found_on.replace("{account}", ACCOUNT)
        if "{" in start:
            start = await self.find(
                next(one for one in EVERY_PAGE if (one.route, one.by) == (start, walked.by))
            )
        deadline = time.monotonic() + LINKED_WITHIN_S
        while (href := await self._linked(start, walked)) is None:
            assert time.monotonic() < deadline, f"{start} has no link to {walked.route} for {walked.by}"
            await asyncio.sleep(0.5)
        return href

    async def _linked(self, start: str, walked: Walked) -> str | None:
        answer = await self.context.request.get(self.demo.url + start)
        html = await answer.text()
        if walked.named_by and (named := re.search(walked.named_by, html)):
            return re.sub(r"\{\w+\}", named[1], walked.route)
        shape = shape_of(walked.route.replace("{account}", ACCOUNT))
        for found in re.findall(r'href="([^"]+)"', html):
            href = unescape(found).removeprefix(self.demo.url)
            if shape.fullmatch(re.split("[?#]", href)[0]) and not _is_another(href, walked):
                return href
        return None

    def watch(self) -> None:
        """Keep what the browser complains of, and every request that leaves the service."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.at}: {error}"))
        self.page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        # A refused form answers 4xx on purpose, and the browser calls that an error; ``opens`` looks at answers.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(f"{self.at}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.demo.url, "data:", "blob:")):
            self.faults.append(f"{self.at} asks {request.url}")


async def screen_of(
    browser: Browser, demo: Demo, by: str, *, size: ViewportSize = WIDE, script: bool = True
) -> Screen:
    """A browser of that person's own, logged in; a citizen's is the first telephone of the simulated WeChat."""
    context = await browser.new_context(viewport=size, java_script_enabled=script, locale="zh-CN")
    screen = Screen(demo, context, await context.new_page())
    screen.watch()
    if by == CITIZEN:
        await context.request.get(f"{demo.url}/simulator?citizen=wang")
    elif by:
        await screen.logs_in(by)
    return screen


SIZES = (WIDE, PHONE)


def _is_another(href: str, walked: Walked) -> bool:
    """Whether the table has a page for that address that says more of it than the one that is sought."""
    path = re.split("[?#]", href)[0]
    closer = {one.route for one in EVERY_PAGE if one.route.count("{") < walked.route.count("{")}
    return path.endswith("/export") or any(shape_of(route).fullmatch(path) for route in closer)
