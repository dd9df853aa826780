"""A reply's 《titles》 as ways to the public library, which says whether it has the document and whether it holds."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from markupsafe import Markup

from bot.web.pages import telephone
from bot.web.public_pages import PAGE

_TITLE = re.compile(r"《([^《》\n]{2,80})》")
_MOST = 10


def cited(text: str) -> Markup:
    """The text, escaped, with its telephone numbers and its first documents to be tapped."""
    parts, at = [], 0
    for count, found in enumerate(_TITLE.finditer(text)):
        if count == _MOST:
            break
        parts.append(telephone(text[at : found.start()]))
        parts.append(Markup('<a href="{}?{}">{}</a>').format(PAGE, urlencode({"q": found[1]}), found[0]))
        at = found.end()
    return Markup("").join([*parts, telephone(text[at:])])
