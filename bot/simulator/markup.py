"""The little markup WeChat shows in text: tap menus and links. Everything else stays plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

_ANCHOR = re.compile(
    r"""<a\s[^<>]*?href\s*=\s*(["'])(?P<href>[^"'<>]*)\1[^<>]*>(?P<label>[^<>]*)</a>""", re.I
)
_BARE = re.compile(r"https?://[\w\-.~:/?#\[\]@!$&'*+,;=%]+", re.A)


@dataclass(frozen=True, slots=True)
class Plain:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Opens a page outside the chat; only http and https."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A tap sends ``content`` back as the citizen's text, with ``id`` as bizmsgmenuid."""

    label: str
    content: str
    id: str


Segment = Plain | Link | Choice


def choice(content: str, id: str) -> str:
    """A tap menu line as it stands inside a text reply."""
    return (
        f'<a href="weixin://bizmsgmenu?msgmenucontent={quote(content)}&msgmenuid={quote(id)}">{content}</a>'
    )


def link(label: str, url: str) -> str:
    """A link as it stands inside a text reply; the label alone when there is nowhere to go."""
    return f'<a href="{url}">{label}</a>' if url else label


def segments(text: str) -> tuple[Segment, ...]:
    """Cut a reply's text into what is tapped, what is followed and what is only read."""
    found: list[Segment] = []
    end = 0
    for anchor in _ANCHOR.finditer(text):
        found += _plain(text[end : anchor.start()])
        target = _target(anchor["href"], anchor["label"])
        # A link WeChat does not know is shown as it was written, which is how such a mistake is noticed.
        found.append(target or Plain(anchor[0]))
        end = anchor.end()
    found += _plain(text[end:])
    return tuple(found)


def choices(text: str) -> tuple[Choice, ...]:
    """The tap menu of a reply, in order."""
    return tuple(segment for segment in segments(text) if isinstance(segment, Choice))


def _target(href: str, label: str) -> Link | Choice | None:
    try:
        parts = urlsplit(href.replace("&amp;", "&").strip())
    except ValueError:
        return None
    if parts.scheme == "weixin" and parts.netloc == "bizmsgmenu":
        query = parse_qs(parts.query)
        content = (query.get("msgmenucontent") or [""])[0]
        return Choice(label, content, (query.get("msgmenuid") or [""])[0]) if content else None
    if parts.scheme in ("http", "https") and parts.netloc:
        return Link(label, parts.geturl())
    return None


def _plain(text: str) -> list[Segment]:
    found: list[Segment] = []
    end = 0
    for bare in _BARE.finditer(text):
        url = bare[0].rstrip(".,;:!?'")
        found += [Plain(text[end : bare.start()])] if bare.start() > end else []
        found.append(Link(url, url))
        end = bare.start() + len(url)
    return found + ([Plain(text[end:])] if text[end:] else [])
