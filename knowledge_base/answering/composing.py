"""The passage of one article that a question asks for, with its source."""

from __future__ import annotations

import re

from knowledge_base.answering.aspects import Aspect, asked
from knowledge_base.answering.outcome import Answer, Citation
from knowledge_base.answering.passages import guide_passage, provision_passage, shorten
from knowledge_base.answering.pointing import fields_for, nearest_paragraph, provisions_for
from knowledge_base.article import Article, ArticleKind, CatalogueEntry
from knowledge_base.provisions import Provision, provision, provisions

_CLOSE_FIELDS = 1.0  # two fields this near are both read out
_CLOSE_TO_NAMED = 0.5  # a field asked for by name answers alone, unless another speaks of the very thing
_CLOSE_PROVISIONS = 0.3
_NUMBERED = re.compile(r"第[一二三四五六七八九十百千零〇两\d]{1,7}条")


def compose(article: Article, question: str, confidence: float) -> Answer:
    """Answer from that article, whatever speaks for or against it."""
    field: str | None = None
    provision: str | None = None
    if article.guide:
        text, field = guide_passage(article.guide, _fields(article, question))
    elif article.kind is ArticleKind.POLICY:
        text, provision = _of_document(article, question)
    elif article.catalogue:
        text = shorten(_catalogue_line(article.body, article.catalogue))
    else:
        text = shorten(article.body)
    return Answer(article.id, article.title, text, cite(article, provision), confidence, field)


def cite(article: Article, provision: str | None = None) -> Citation:
    return Citation(
        title=article.title,
        issuer=article.issuer,
        document_number=article.document_number,
        published_on=article.published_on,
        effective_on=article.effective_on,
        provision=provision,
    )


def named_provision(article: Article, question: str) -> Provision | None:
    """The numbered article a question names (“第三条怎么说”), where the document has it."""
    match = _NUMBERED.search(question)
    return provision(article.body, match.group()) if match else None


def _of_document(article: Article, question: str) -> tuple[str, str | None]:
    named = named_provision(article, question)
    if named:
        return provision_passage([named])
    likely = provisions_for(article, question)
    if not likely:
        return shorten(nearest_paragraph(article, question)), None
    if likely[0][1] <= 0 and not asked(question):  # nothing but its name was said: how it begins
        return provision_passage(provisions(article.body)[:2])
    (first, best), *rest = likely
    close = [other for other, score in rest[:1] if 0 < best - score < _CLOSE_PROVISIONS and score > 0]
    return provision_passage([first, *close])


def _fields(article: Article, question: str) -> list[Aspect]:
    """Every field asked for by name, at most two; else the likeliest, with the next one where that is as likely."""
    named: list[Aspect] = [aspect for aspect in asked(question) if aspect is not Aspect.PROCEDURE]
    if len(named) > 1 or named == [Aspect.PHONE]:
        return named[:2]
    (first, best), (second, score), *_ = fields_for(article, question)
    close = _CLOSE_TO_NAMED if first in named else _CLOSE_FIELDS
    return [first, second] if best - score < close else [first]


def _catalogue_line(body: str, entry: CatalogueEntry) -> str:
    told = (("公开形式", entry.form), ("公开时限", entry.time_limit), ("索引号", entry.index_number))
    return "\n".join((body, *(f"{name}：{value}" for name, value in told if value)))
