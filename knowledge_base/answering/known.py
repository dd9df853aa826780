"""What is read from an article and from a question to weigh one against the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from knowledge_base.answering.aspects import without_cues
from knowledge_base.article import Article
from knowledge_base.retrieval.features import concepts, content, cut, normalize

_A_FEATURE = 60


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

    def size(self) -> int:
        """About how much it takes, in characters: its text, and each word or pair as an object of its own."""
        features = sum(len(head.gist.all) + len(head.gist.matter) for head in self.heads)
        return len(self.whole) + _A_FEATURE * (features + len(self.forms))

    def in_head(self, word: str, form: str) -> float:
        """How much of a word its heads have, 0 to 1."""
        return 1.0 if form in self.head_forms else share(word, self.head)

    def in_text(self, word: str, form: str) -> float:
        """How much of a word the article has anywhere, 0 to 1."""
        return 1.0 if form in self.forms else share(word, self.whole)


def read_article(article: Article) -> Known:
    """A tenth of a millisecond for a short article, mostly cutting words; worth keeping for articles asked for
    often."""
    heads = (article.title, *article.questions)
    matters = [without_cues(one) for one in heads]
    head, text = normalize("\n".join(heads)), normalize(article.text())
    cuts = {one: cut(one) for one in dict.fromkeys((*heads, *matters))}
    forms_of_title = frozenset(cuts[article.title].content.values())
    head_forms = frozenset(content(head).values()) if article.questions else forms_of_title
    return Known(
        article=article,
        head=head,
        whole=f"{head}\n{text}",
        forms_of_title=forms_of_title,
        head_forms=head_forms,
        forms=head_forms.union(concepts(text)),
        heads=tuple(
            Head(Gist(cuts[matter].features, cuts[one].features), cuts[matter].content)
            for one, matter in zip(heads, matters, strict=True)
        ),
    )


def bare(question: str) -> str:
    """A question as it is compared word for word."""
    return normalize(question).strip("?!。 .")


def share(word: str, text: str) -> float:
    """How much of a word a text has, in pairs of characters: 火化 is half of 火化费."""
    if word in text:
        return 1.0
    if len(word) < 3:  # of two characters the only pair is the word
        return 0.0
    pairs = len(word) - 1
    return sum([word[at : at + 2] in text for at in range(pairs)]) / pairs
