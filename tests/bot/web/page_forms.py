"""The forms of a page, found as a browser finds them, and filled in as somebody might."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

_TYPED = frozenset({"text", "search", ""})


@dataclass
class PageForm:
    """One form that is posted. ``typed`` are the fields that take words of one's own."""

    href: str
    encoding: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    pressed: bool = False

    @property
    def act(self) -> str:
        """The last part of the address."""
        return self.href.partition("?")[0].rpartition("/")[2]

    def press(self, button: dict[str, str]) -> None:
        """The first button that sends it for good; what else a form can do is no save."""
        if self.pressed or "formnovalidate" in button:
            return
        self.pressed = True
        self.href = button.get("formaction", self.href)
        self.encoding = button.get("formenctype", self.encoding)
        if name := button.get("name"):
            self.fields[name] = button.get("value", "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            posted = given.get("method") == "post"
            self._form = PageForm(given.get("action", ""), given.get("enctype", "")) if posted else None
        elif self._form is not None:
            self._field(tag, given, self._form)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.forms.append(self._form)
            self._form = None
        elif tag == "select":
            self._select = ""

    def _field(self, tag: str, given: dict[str, str], form: PageForm) -> None:
        name, kind = given.get("name", ""), given.get("type", "")
        if tag == "button":
            form.press(given)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and given.get("value"):
            form.fields.setdefault(self._select, given["value"])
        elif tag == "textarea" or (tag == "input" and kind in _TYPED and "list" not in given):
            form.typed.append(name)
        elif tag == "input" and kind in ("radio", "checkbox"):
            form.fields.setdefault(name, given.get("value", "on"))
        elif tag == "input" and kind == "date":
            form.fields[name] = given.get("value") or given.get("min", "")
        elif tag == "input" and kind != "file":
            form.fields[name] = given.get("value", "")


def forms_of(html: str) -> list[PageForm]:
    """Every form of the page that is posted."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def typed_words_on(html: str) -> str:
    """What stands in the fields of a page, as its reader could send or copy it."""
    found = _Values()
    found.feed(html)
    return "\n".join(unescape(one) for one in found.values)


class _Values(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "textarea"
        if tag == "input" and (value := dict(attributes).get("value")):
            self.values.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.values.append(data)
