"""Documents found by the number they are cited by: 清政发〔2026〕3号, in whatever brackets people type it."""

from __future__ import annotations

import re
import unicodedata

from knowledge_base.article import Article

_NUMBER = re.compile(
    r"(?P<word>[一-鿿]*)\s*[〔\[(【{<《]?\s*(?P<year>(?:19|20)\d{2})\s*[〕\])】}>》年]?\s*第?\s*(?P<at>\d{1,5})\s*号"
)


class Numbers:
    """文号 → ids of the articles that carry it."""

    def __init__(self) -> None:
        self._articles: dict[tuple[str, str], dict[str, str]] = {}

    def put(self, article: Article) -> None:
        for word, year, at in _read(article.document_number or ""):
            self._articles.setdefault((year, at), {})[article.id] = word

    def remove(self, article: Article) -> None:
        for _, year, at in _read(article.document_number or ""):
            self._articles.get((year, at), {}).pop(article.id, None)

    def find(self, question: str) -> tuple[str, ...]:
        """The articles whose number the question names; “〔2026〕3号” alone does where one article has it."""
        found: list[str] = []
        for said, year, at in _read(question):
            carriers = self._articles.get((year, at), {})
            named = [name for name, word in carriers.items() if word and said.endswith(word)]
            if not named and not said and len(carriers) == 1:
                named = list(carriers)
            found += named
        return tuple(dict.fromkeys(found))


def without_numbers(question: str) -> str:
    """What is asked of the documents a question names by number."""
    return _NUMBER.sub("　", unicodedata.normalize("NFKC", question))


def _read(text: str) -> list[tuple[str, str, str]]:
    plain = unicodedata.normalize("NFKC", text)
    return [(match["word"], match["year"], str(int(match["at"]))) for match in _NUMBER.finditer(plain)]
