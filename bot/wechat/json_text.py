"""The JSON that WeChat pushes where an account's data format is JSON, read into the same leaves as its XML."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bot.wechat.xml_text import MAX_DEPTH, MAX_ELEMENTS, XmlRefused, without_illegal_characters

Leaf = tuple[str, str]


def read_json_leaves(text: str) -> tuple[Leaf, ...]:
    """The leaves of one JSON object in order, as (path, text); a list repeats its path once for each item.

    Refuses what XML is refused for: a key twice in one object, too deep, too many; and NaN, which is no JSON.
    """
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise XmlRefused("not JSON") from error
    if not isinstance(document, dict):
        raise XmlRefused("not an object")
    leaves = []
    for leaf in _leaves(document, "", 1):
        leaves.append(leaf)
        if len(leaves) > MAX_ELEMENTS:
            raise XmlRefused("too many values")
    return tuple(leaves)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _leaves(value: object, path: str, depth: int) -> Iterator[Leaf]:
    if depth > MAX_DEPTH:
        raise XmlRefused("too deep")
    if isinstance(value, dict):
        for name, inner in value.items():
            # A slash would pretend to be a path of its own.
            yield from _leaves(inner, f"{path}/{name.replace('/', '_')}" if path else name, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path, depth + 1)
    else:
        yield path, _text(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return without_illegal_characters(value)
    if value is None:
        return ""
    # As XML has them: 1, 0.5, true.
    return str(value).lower() if isinstance(value, bool) else str(value)
