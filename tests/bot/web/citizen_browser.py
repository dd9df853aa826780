"""A citizen's browser for tests: cookies, redirects, and the forms of the page last opened."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import aiohttp

from bot.intake import register_citizen_request
from routing.citizen_request import Channel, Citizen, RequestType, Secrecy
from routing.ticket import Ticket
from tests.journeys.city import ACCOUNT, COMPLAINT, City

HOME = f"/my/{ACCOUNT.name}"


@dataclass
class Opened:
    """One page as it came, after all redirects."""

    status: int
    html: str
    path: str
    headers: Any

    @property
    def words(self) -> str:
        """What a person reads, without the markup."""
        bare = re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>", " ", self.html, flags=re.S)
        return re.sub(r"\s+", " ", unescape(bare))

    def hidden(self, action: str) -> dict[str, str]:
        """The hidden fields of the form that posts to an address ending so."""
        form = re.search(rf'<form[^>]*action="[^"]*{action}"[^>]*>(.*?)</form>', self.html, re.S)
        assert form, f"no form {action} on {self.path}"
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1])
        return {name: unescape(value) for name, value in fields}


@dataclass
class CitizenBrowser:
    """WeChat's own browser on one citizen's phone, or with ``wechat`` false any other."""

    city: City
    http: aiohttp.ClientSession
    page: Opened | None = field(default=None)

    async def open(self, path: str, *, follow: bool = True) -> Opened:
        async with self.http.get(self._address(path), allow_redirects=follow) as response:
            return await self._keep(response)

    async def send(
        self,
        path: str,
        action: str,
        fields: dict[str, Any] | None = None,
        *,
        files: tuple[bytes, ...] | None = None,
    ) -> Opened:
        """Fill in the form ``action`` of the page last opened."""
        assert self.page is not None
        data: Any = [*self.page.hidden(action).items(), *_pairs(fields or {})]
        if files is not None:
            data = _multipart(data, files)
        async with self.http.post(self._address(path), data=data) as response:
            return await self._keep(response)

    async def post(self, path: str, data: Any) -> Opened:
        async with self.http.post(self._address(path), data=data) as response:
            return await self._keep(response)

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else self.city.base + path

    async def _keep(self, response: aiohttp.ClientResponse) -> Opened:
        text = (await response.read()).decode(errors="replace")
        self.page = Opened(response.status, text, response.url.raw_path_qs, response.headers)
        return self.page


async def filed(
    city: City, key: str = "wang", *, text: str = COMPLAINT, channel: Channel = Channel.WECHAT
) -> Ticket:
    """A ticket of a demo citizen, as the chat files it; by another channel, of nobody WeChat knows."""
    citizen = city.platform.citizens.find(key)
    assert citizen is not None
    now = city.clock()
    return await register_citizen_request(
        city.services.desk,
        channel=channel,
        external_number=f"{key}-{uuid.uuid4().hex}",
        text=text,
        citizen=Citizen(account=ACCOUNT.name, openid=citizen.openid, secrecy=Secrecy.SECRET)
        if channel is Channel.WECHAT
        else Citizen(phone="13812345678"),
        received_at=now,
        now=now,
        request_type=RequestType.COMPLAINT,
        place="城关镇人民路12号",
    )


async def phone_of(city: City, key: str = "wang") -> CitizenBrowser:
    """The browser of a demo citizen: it has just shown their chat."""
    browser = await stranger(city)
    await browser.open(f"/simulator?citizen={key}")
    return browser


async def stranger(city: City) -> CitizenBrowser:
    """A browser that never was anywhere."""
    jar = aiohttp.CookieJar(unsafe=True)
    http = await city.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
    return CitizenBrowser(city, http)


def _pairs(fields: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, one)
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def _multipart(fields: list[tuple[str, str]], files: tuple[bytes, ...]) -> aiohttp.MultipartWriter:
    writer = aiohttp.MultipartWriter("form-data")
    for name, value in fields:
        writer.append(value).set_content_disposition("form-data", name=name)
    for number, data in enumerate(files):
        part = writer.append(data, {"Content-Type": "image/jpeg"})
        part.set_content_disposition("form-data", name="photos", filename=f"{number}.jpg")
    return writer
