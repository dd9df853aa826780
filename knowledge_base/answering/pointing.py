"""Which field of a guide, which provision of a document a question is about."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from knowledge_base.answering.aspects import Aspect, asked, read
from knowledge_base.answering.evidence import Passage
from knowledge_base.answering.remembered import Remembered
from knowledge_base.article import Article, Guide
from knowledge_base.provisions import Provision, provisions
from knowledge_base.retrieval.features import concepts, cut, normalize, small_words

# All constants are set by hand on the development questions (docs/answers.md has the figures); none decides alone.
_CONCEPT, _WORD, _PAIR = 1.5, 1.0, 0.7
_LENGTH = 0.15  # how much a long passage is held against it
_MOST_SAID = 3.0  # what a passage says counts up to about this much; beside it stands what was asked for
_ASKED, _ASKED_HOW = 2.5, 1.1
_DUE, _DUE_HOW = 1.0, 0.6  # the same between a guide and its policy
_FITS = 0.8
_FORMAL = -1.0
# Where two fields speak of a thing, the one that explains comes before the one that lists.
_LEANING = {
    Aspect.LEGAL_BASIS: -1.9,
    Aspect.MATTER: -1.1,
    Aspect.PHONE: -1.2,
    Aspect.WINDOW: -0.4,
    Aspect.QUOTA: -0.1,
    Aspect.PROMISED_TIME: -0.1,
    Aspect.CONDITIONS: 0.1,
    Aspect.PROCEDURE: 0.25,
    Aspect.NOTICE: 0.3,
}
_UNASKED = 0.5  # for how it is done, when nothing was asked by name
# What an answer of the kind looks like, in whichever field it stands.
_LOOKS = {
    Aspect.FEES: re.compile(r"\d[\d.]*(?:万|多)?元|[%％]|免费|不收费|免收|百分之|半价"),
    Aspect.PROMISED_TIME: re.compile(
        r"[\d一二三四五六七八九十半]+个?(?:工作日|日|天|月|年|小时)|当场|当天|即时"
    ),
    Aspect.QUOTA: re.compile(r"[\d一二三四五六七八九十]+(?:次|个|只|台|套|处|名|件|证)|限|最高|最多"),
    Aspect.CONDITIONS: re.compile(r"岁|年满|满\d|户籍|条件|符合|不得|可以|应当"),
    Aspect.WINDOW: re.compile(r"窗口|中心|大厅|路\d|派出所|村|街道"),
    Aspect.PHONE: re.compile(r"\d{5,}"),
}
_AMOUNT = re.compile(r"\d[\d.,]*(?:万|多)?元|[%％]|百分之|半价|\d倍|免费|不收费")
_SPARE = {Aspect.LEGAL_BASIS, Aspect.MATTER}
_MOST_READ = 200_000  # characters of a document; what stands behind them is found by its number only
_REMEMBERED = 3_000_000  # characters heard lately, of all documents: about 20 MB
_BESIDE = 100  # what a passage takes besides its text, in characters
_PREAMBLE = re.compile(r"制定本|自.{4,14}起(?:施行|实施)|根据《")


class _Heard(NamedTuple):
    """A passage as it is compared: normalized, and the concepts it speaks of."""

    text: str
    forms: frozenset[str]


class _Document(NamedTuple):
    """A text with its numbered articles, and without them with its paragraphs; each as it is compared."""

    provisions: tuple[Provision, ...]
    paragraphs: tuple[str, ...]
    heard: tuple[_Heard, ...]


def fields_for(article: Article, question: str) -> list[tuple[Aspect, float]]:
    """The fields of the article's guide, the one that answers likeliest first, with scores to compare within."""
    assert article.guide is not None
    aspects = asked(question)
    said = _said(question, article.title, [_hear(read(article.guide, field)) for field in Aspect])
    scores = [
        (
            field,
            _scored(heard) + _expected(article.guide, field, aspects),
        )
        for field, heard in zip(Aspect, said, strict=True)
    ]
    return sorted(scores, key=lambda scored: -scored[1])


def provisions_for(article: Article, question: str) -> list[tuple[Provision, float]]:
    """The numbered articles of a document, likeliest first; empty for a text without them."""
    document = _document(article.body)
    found = document.provisions
    if not found:
        return []
    aspects = asked(question)
    said = _said(question, article.title, document.heard)
    scores = [
        (one, heard + _FITS * _looks(one.text, aspects) + _FORMAL * bool(_PREAMBLE.search(one.text)))
        for one, heard in zip(found, said, strict=True)
    ]
    return sorted(scores, key=lambda scored: -scored[1])


def tells_more(one: Article, other: Article, question: str) -> float:
    """Which of two articles on one matter has the passage that answers: above 0 the one, below it the other, at most
    1 either way."""
    first, second = _passages(one), _passages(other)
    aspects = asked(question)
    said = _said(question, f"{one.title}\n{other.title}", [heard for _, _, heard in (*first, *second)])
    scores = [
        _scored(heard) + _due(field, text, aspects)
        for (field, text, _), heard in zip((*first, *second), said, strict=True)
    ]
    lead = max(scores[: len(first)], default=0.0) - max(scores[len(first) :], default=0.0)
    return math.tanh(lead / 2)


def likely_passage(article: Article, question: str) -> Passage:
    """How well the passage that says most of the question fits it."""
    passages, aspects = _passages(article), asked(question)
    said = _said(question, article.title, [heard for _, _, heard in passages])
    if not said:
        return Passage(0.0, 0.0)
    scores = [
        _scored(heard) + _due(field, text, aspects)
        for (field, text, _), heard in zip(passages, said, strict=True)
    ]
    best = max(range(len(scores)), key=scores.__getitem__)
    unfit = Aspect.FEES in aspects and not _AMOUNT.search(passages[best][1])
    return Passage(math.tanh(said[best] / _MOST_SAID), float(unfit))


def nearest_paragraph(article: Article, question: str) -> str:
    """For a document without numbered articles."""
    document = _document(article.body)
    if not document.paragraphs:
        return article.body
    said = _said(question, article.title, document.heard)
    return document.paragraphs[max(range(len(said)), key=said.__getitem__)]


def _scored(heard: float) -> float:
    return _MOST_SAID * math.tanh(0.8 * heard / _MOST_SAID)


def _passages(article: Article) -> list[tuple[Aspect | None, str, _Heard]]:
    if article.guide:
        fields = ((field, read(article.guide, field)) for field in Aspect if field not in _SPARE)
        return [(field, text, _hear(text)) for field, text in fields]
    document = _document(article.body)
    if document.provisions:
        pairs = zip(document.provisions, document.heard, strict=True)
        return [(None, one.text, heard) for one, heard in pairs]
    return [(None, article.body, _hear(article.body[:_MOST_READ]))]


def _due(field: Aspect | None, text: str, aspects: Sequence[Aspect]) -> float:
    if field in aspects:
        return _DUE_HOW if field is Aspect.PROCEDURE else _DUE
    return _FITS * _looks(text, aspects) + _FORMAL * bool(_PREAMBLE.search(text))


def _expected(guide: Guide, field: Aspect, aspects: Sequence[Aspect]) -> float:
    score = _LEANING.get(field, 0.0)
    if field in aspects:
        score += _ASKED_HOW if field is Aspect.PROCEDURE else _ASKED
    elif not aspects and field is Aspect.PROCEDURE:
        score += _UNASKED
    if field not in _SPARE:
        others = [aspect for aspect in aspects if aspect is not field]
        score += _FITS * _looks(read(guide, field), others)
    return score


def _looks(text: str, aspects: Sequence[Aspect]) -> int:
    """How many of the things asked for could stand in the text."""
    return sum(aspect in _LOOKS and bool(_LOOKS[aspect].search(text)) for aspect in aspects)


def _said(question: str, title: str, heard: Sequence[_Heard]) -> list[float]:
    """How much each passage says of what the question says beyond the title; what all of them say tells little."""
    if not heard:
        return []
    texts, meant = [text for text, _ in heard], [forms for _, forms in heard]
    scores = [0.0] * len(texts)
    for feature in cut(question).features - cut(title).features:
        weight = _weight(feature)
        having = [
            at
            for at, (text, forms) in enumerate(zip(texts, meant, strict=True))
            if (feature in forms if feature[0] == "≈" else feature.lstrip("/") in text)
        ]
        if weight and having:
            telling = math.log(1 + (len(texts) - len(having) + 0.5) / (len(having) + 0.5))
            for at in having:
                scores[at] += weight * telling
    mean = sum(map(len, texts)) / len(texts)
    return [
        score / (1 - _LENGTH + _LENGTH * len(text) / mean) for score, text in zip(scores, texts, strict=True)
    ]


def _read_passage(passage: str) -> _Heard:
    text = normalize(passage)
    return _Heard(text, frozenset(concepts(text)))


def _read_document(body: str) -> _Document:
    body = body[:_MOST_READ]
    found = provisions(body)
    if found:
        return _Document(found, (), tuple(_read_passage(one.text) for one in found))
    paragraphs = tuple(line.strip() for line in body.splitlines() if line.strip())
    return _Document((), paragraphs, tuple(map(_read_passage, paragraphs)))


def _size(heard: _Heard) -> int:
    return len(heard.text) + _BESIDE


# A document's passages are kept together: those of one long text must not drive each other out.
_hear = Remembered(_read_passage, size=_size, most=_REMEMBERED // 4)
_document = Remembered(
    _read_document, size=lambda document: sum(map(_size, document.heard)) + _BESIDE, most=_REMEMBERED
)


def _weight(feature: str) -> float:
    if feature[0] == "≈":
        return _CONCEPT
    if feature.lstrip("/") in small_words():
        return 0.0
    if feature[0] == "/":
        return _WORD if len(feature) > 2 else 0.0
    return _PAIR
