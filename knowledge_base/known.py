"""What is read from an article and from a question to weigh one against the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from knowledge_base.article import Article
from knowledge_base.aspects import without_cues
from knowledge_base.features import concepts, content, features, normalize


class Gist(NamedTuple):
    """Words, concepts and pairs of characters: of what a question is about, and of all it says."""

    matter: frozenset[str]
    all: frozenset[str]


class Head(NamedTuple):
    """A title or known question: its gist, and its content words with the forms they are compared by."""

    gist: Gist
    wanted: dict[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """An article with what its evidence is read from. ``forms`` are the concepts it speaks of, with the words of its
    heads; of its text words are looked for as they stand."""

    article: Article
    head: str
    whole: str
    forms_of_title: frozenset[str]
    head_forms: frozenset[str]
    forms: frozenset[str]
    heads: tuple[Head, ...]

    def in_head(self, word: str, form: str) -> float:
        """How much of a word its heads have, 0 to 1."""
        return 1.0 if form in self.head_forms else share(word, self.head)

    def in_text(self, word: str, form: str) -> float:
        """How much of a word the article has anywhere, 0 to 1."""
        return 1.0 if form in self.forms else share(word, self.whole)

    def has(self, feature: str) -> bool:
        """Whether a word, concept or pair of characters of a gist occurs anywhere."""
        return feature in self.forms if feature[0] == "≈" else feature.lstrip("/") in self.whole


def read_article(article: Article) -> Known:
    """Under a millisecond of work, mostly cutting words; worth keeping for articles asked for often."""
    heads = (article.title, *article.questions)
    head, text = normalize("\n".join(heads)), normalize(article.text())
    head_forms = frozenset(content(head).values())
    return Known(
        article=article,
        head=head,
        whole=f"{head}\n{text}",
        forms_of_title=frozenset(content(article.title).values()),
        head_forms=head_forms,
        forms=head_forms.union(concepts(text)),
        heads=tuple(Head(gist(one), content(without_cues(one))) for one in heads),
    )


def gist(question: str) -> Gist:
    return Gist(frozenset(features(without_cues(question), (2,))), frozenset(features(question, (2,))))


def bare(question: str) -> str:
    """A question as it is compared word for word."""
    return normalize(question).strip("?!。 .")


def share(word: str, text: str) -> float:
    """How much of a word a text has, in pairs of characters: 火化 is half of 火化费."""
    if word in text:
        return 1.0
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    return sum(pair in text for pair in pairs) / len(pairs) if pairs else 0.0
