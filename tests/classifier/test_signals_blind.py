"""What another author's sentences measured, held: see ``data/README.md``. Never tune on these."""

from __future__ import annotations

from classifier.signals import find_emergency, guess_request_type, second_opinion_training, split_requests
from tests.classifier.signal_cases import cases


def test_nearly_every_danger_another_author_wrote_is_heard() -> None:
    written = cases("blind_emergencies")
    found = [(kind, find_emergency(text)) for kind, text in written]
    heard = [(kind, danger) for kind, danger in found if danger]
    assert len(heard) >= 0.97 * len(written)
    assert sum(danger.sure for _, danger in heard) >= 0.92 * len(written)
    assert sum(danger.kind == kind for kind, danger in heard) >= 0.80 * len(heard)


def test_few_everyday_sentences_of_another_author_alarm() -> None:
    written = cases("blind_everyday")
    alarms = [danger for (text,) in written if (danger := find_emergency(text))]
    assert len(alarms) <= 0.075 * len(written)
    assert sum(danger.sure for danger in alarms) <= 0.04 * len(written)


def test_nine_in_ten_requests_of_another_author_get_their_type() -> None:
    written = cases("blind_request_types")
    guesses = [(label, guess_request_type(text)) for label, text in written]
    assert sum(guess.label == label for label, guess in guesses) >= 0.91 * len(guesses)
    decided = [(label, guess) for label, guess in guesses if guess.confidence >= 0.5]
    assert len(decided) >= 0.94 * len(guesses)
    assert sum(guess.label == label for label, guess in decided) >= 0.94 * len(decided)


def test_the_stated_confidence_is_kept_on_another_authors_sentences() -> None:
    tenths: dict[int, list[tuple[bool, float]]] = {}
    written = cases("blind_request_types")
    for label, text in written:
        guess = guess_request_type(text)
        tenths.setdefault(int(guess.confidence * 10), []).append((guess.label == label, guess.confidence))
    apart = sum(abs(sum(right - said for right, said in rows)) for rows in tenths.values())
    assert apart <= 0.08 * len(written)


def test_no_single_request_of_another_author_is_cut() -> None:
    cut = [text for number, text in cases("blind_several") if number == "1" and len(split_requests(text)) > 1]
    assert cut == []


def test_nothing_another_author_wrote_was_learned() -> None:
    learned = {
        text
        for table in ("danger_sentences", "danger_wordings", "type_sentences", "type_wordings")
        for _, text in second_opinion_training.read_labelled(table)
    }
    for table in ("blind_emergencies", "blind_everyday", "blind_request_types"):
        assert learned.isdisjoint(row[-1] for row in cases(table))
