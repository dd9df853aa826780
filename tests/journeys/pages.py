"""The console as a person uses it: read a page, fill in one of its forms, press one of its buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import aiohttp


@dataclass
class Button:
    words: str = ""
    action: str | None = None
    name: str | None = None
    value: str = ""
    with_files: bool = False


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


@dataclass
class Page:
    """What one address answered."""

    url: str
    status: int
    html: str
    text: str
    forms: list[Form]
    links: list[tuple[str, str]]

    def buttons(self) -> list[str]:
        """The words on everything that can be pressed."""
        return [button.words for form in self.forms for button in form.buttons]

    def find(self, words: str) -> tuple[Form, Button]:
        """The form with that button; a button whose words go on after ``words`` will do."""
        found = [(form, button) for form in self.forms for button in form.buttons]
        for form, button in found:
            if button.words == words:
                return form, button
        for form, button in found:
            if button.words.startswith(words):
                return form, button
        raise AssertionError(f"no button {words!r} among {self.buttons()} on {self.url}")


class _Reader(HTMLParser):
    """Forms, links and readable text; forms may be anywhere in the document, inputs belong to the open one."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._button: Button | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._href: str | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "a":
            self._href = given.get("href")
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        name, kind = given.get("name"), given.get("type", "text")
        if tag == "button":
            with_files = given.get("formenctype") == "multipart/form-data"
            self._button = Button("", given.get("formaction"), name, given.get("value", ""), with_files)
            self._form.buttons.append(self._button)
        elif tag == "input" and kind == "submit":
            self._form.buttons.append(
                Button(given.get("value", ""), given.get("formaction"), name, given.get("value", ""))
            )
        elif tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in given):
            self._form.fields[name] = given.get("value", "")
        elif tag == "textarea" and name:
            self._area = name
            self._form.fields[name] = ""
        elif tag == "select" and name:
            self._select = name
        elif (
            tag == "option"
            and self._select
            and ("selected" in given or self._select not in self._form.fields)
        ):
            self._form.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None
        elif tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        words = " ".join(data.split())
        if self._area is not None and self._form is not None:
            self._form.fields[self._area] += data
        if not words:
            return
        self.words.append(words)
        if self._button is not None:
            self._button.words = f"{self._button.words} {words}".strip()
        if self._href is not None:
            self.links.append((words, self._href))


def read(url: str, status: int, html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    return Page(url, status, html, "\n".join(reader.words), reader.forms, reader.links)


@dataclass
class Browser:
    """One person's browser on the console: cookies, the page last seen, and what was done on it."""

    http: aiohttp.ClientSession
    base: str
    page: Page = field(default_factory=lambda: Page("", 0, "", "", [], []))

    async def open(self, path: str) -> Page:
        async with self.http.get(urljoin(self.base, path)) as response:
            self.page = read(str(response.url), response.status, await response.text())
        return self.page

    async def press(self, words: str, **fields: str) -> Page:
        """Fill in the fields of the form that has this button, press it, follow where it leads."""
        form, button = self.page.find(words)
        missing = set(fields) - set(form.fields) - {"stars"}
        assert not missing, f"the form with {words!r} has no {missing}, only {sorted(form.fields)}"
        sent = {**form.fields, **fields, **({button.name: button.value} if button.name else {})}
        target = urljoin(self.page.url, button.action or form.action)
        body = aiohttp.FormData(sent, default_to_multipart=button.with_files)
        where: Any = {"params": sent} if form.method == "get" else {"data": body}
        async with self.http.request(form.method, target, **where) as response:
            self.page = read(str(response.url), response.status, await response.text())
        return self.page

    async def log_in(self, user: str, password: str) -> Page:
        await self.open("/console/login")
        page = await self.press("登录", user=user, password=password)
        assert page.status == 200, page.text[:300]
        assert "/login" not in page.url, page.text[:300]
        return page


def number_in(text: str) -> str:
    """The ticket number said in a reply."""
    found = re.search(r"HY\d{8,}", text)
    assert found, text
    return found[0]
