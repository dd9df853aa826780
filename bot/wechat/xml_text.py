"""The little XML that WeChat speaks: read without trust, written without injection."""

from __future__ import annotations

import re
from xml.parsers import expat

MAX_DEPTH = 8
MAX_ELEMENTS = 512

# What XML 1.0 cannot carry at all, not even escaped; lone surrogates cannot be encoded either.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n?")
_UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""Both of these in one look."""
_LEAF = re.compile(r"[ \t\n]*<([A-Za-z][A-Za-z0-9_]*)>(?:<!\[CDATA\[(.*?)\]\]>|([^<>&]*))</\1>", re.DOTALL)
_END = re.compile(r"[ \t\n]*</xml>[ \t\n]*")


class XmlRefused(Exception):
    """The text is not the flat, declaration-free XML that WeChat sends."""


def without_illegal_characters(text: str) -> str:
    """Drop what XML cannot carry and write every line end as a newline, as a parser would read it."""
    if text.isprintable() or _UNCLEAN.search(text) is None:  # hardly any has to be written anew
        return text
    return _LINE_END.sub("\n", _NOT_XML.sub("", text))


def cdata(text: str) -> str:
    """Wrap as CDATA; a ``]]>`` inside is split over two sections, so that no text can end its element."""
    return "<![CDATA[" + without_illegal_characters(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def read_leaves(xml: str) -> tuple[tuple[str, str], ...]:
    """The leaves of ``<xml>…</xml>`` in order, as (path below the root, text).

    Refuses DOCTYPE (and with it every entity trick), attributes, processing instructions, more than
    MAX_DEPTH levels or MAX_ELEMENTS elements, and any direct child that occurs twice: which one counts would
    be a guess.
    """
    leaves = _read_flat(xml)
    if leaves is None:
        leaves = _read_with_expat(xml)
    direct = [path for path, _ in leaves if "/" not in path]
    if len(set(direct)) != len(direct):
        raise XmlRefused("an element occurs twice")
    return tuple(leaves)


def _read_flat(xml: str) -> list[tuple[str, str]] | None:
    """The leaves of a push as nearly all are: one level, whole CDATA sections or bare text. None for any other, hostile
    or not, which expat reads at four times the price."""
    if not xml.startswith("<xml>") or _UNCLEAN.search(xml) is not None:
        return None
    leaves, at = list[tuple[str, str]](), len("<xml>")
    while len(leaves) < MAX_ELEMENTS and (found := _LEAF.match(xml, at)) is not None:
        name, section, bare = found.groups()
        if section is not None and "]]>" in section:
            return None
        leaves.append((name, bare if section is None else section))
        at = found.end()
    return leaves if _END.fullmatch(xml, at) and len(leaves) < MAX_ELEMENTS else None


def _read_with_expat(xml: str) -> list[tuple[str, str]]:
    reader = _LeafReader()
    try:
        reader.parser.Parse(xml.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        raise XmlRefused("not well-formed") from error
    return reader.leaves


class _LeafReader:
    """Collects leaves while expat reads; a refusal raised in a handler stops expat at that byte."""

    def __init__(self) -> None:
        self.leaves: list[tuple[str, str]] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._elements = 0
        self._is_leaf = False
        # Naming the encoding overrules whatever the document declares about itself.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.ProcessingInstructionHandler = self._refuse_instruction
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append

    def _refuse_doctype(self, *_: object) -> None:
        raise XmlRefused("DOCTYPE")

    def _refuse_instruction(self, *_: object) -> None:
        raise XmlRefused("processing instruction")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if not self._path and name != "xml":
            raise XmlRefused("the root is not <xml>")
        if attributes:
            raise XmlRefused("attributes")
        if len(self._path) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise XmlRefused("too deep or too many elements")
        self._path.append(name)
        self._text.clear()
        self._is_leaf = True

    def _end(self, _: str) -> None:
        if self._is_leaf and len(self._path) > 1:
            self.leaves.append(("/".join(self._path[1:]), "".join(self._text)))
        self._is_leaf = False
        self._text.clear()
        self._path.pop()
