"""Why a text got its label, and what would change it."""

from __future__ import annotations

import pytest

from classifier.model import TextModel
from tests.classifier.messages import made_up

TEXTS = [row.text for row in made_up(60, seed=3)]


def test_the_words_that_decided_stand_in_the_text_heaviest_first(small_model: TextModel) -> None:
    for text in TEXTS:
        told = small_model.explain(text)
        shares = [one.share for one in told.words]
        assert 1 <= len(shares) <= 5
        assert shares == sorted(shares, reverse=True)
        assert shares[-1] > 0
        assert all(one.word in text for one in told.words)


def test_an_explanation_is_of_the_classification(small_model: TextModel) -> None:
    for text in TEXTS[:20]:
        said, told = small_model.classify(text), small_model.explain(text)
        assert (told.label, told.confidence) == (said.label, said.confidence)
        assert told.runner_up == said.alternatives[0].label


def test_without_the_words_of_a_change_the_other_label_wins_and_with_one_less_it_does_not(
    small_model: TextModel,
) -> None:
    titles = sorted({text.partition("\n")[0] for text in TEXTS})
    changes = [(text, small_model.explain(text)) for text in titles]
    found = [(text, told.label, told.change) for text, told in changes if told.change is not None]
    assert found
    for text, label, change in found:
        assert change.label != label
        assert _without(small_model, text, change.without) == change.label
        for word in change.without:
            fewer = tuple(other for other in change.without if other != word)
            assert _without(small_model, text, fewer) == label


def _without(model: TextModel, text: str, words: tuple[str, ...]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, " ")
    return model.classify(text).label


@pytest.mark.parametrize("text", ["", "。。。", "你好", "😀"])
def test_a_text_that_says_nothing_is_not_explained(small_model: TextModel, text: str) -> None:
    told = small_model.explain(text)
    assert (told.words, told.change, told.confidence) == ((), None, 0.0)


def test_without_reasons_everything_else_is_the_same(small_model: TextModel) -> None:
    for text in TEXTS[:20]:
        bare, full = small_model.classify(text, reasons=False), small_model.classify(text)
        assert bare.because == ()
        assert full.because
        assert (bare.label, bare.confidence, bare.abstained, bare.alternatives) == (
            full.label,
            full.confidence,
            full.abstained,
            full.alternatives,
        )
