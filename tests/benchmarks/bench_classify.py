"""What the reading of one message costs: topic, type, urgency, place. ``make bench`` runs and prints it.

Microseconds of process time a message, the best of several passes over texts of about 200 characters; beside each the
ratio to the floor of the same run, cutting the same texts into words and nothing else.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from classifier.model import TextModel, starter_model_path
from classifier.segment import dictionary_words
from classifier.signals import find_emergency, guess_request_type, read_signals, read_type_and_danger
from routing.places.gazetteer import load_gazetteer
from tests.classifier.messages import made_up

LENGTH, TEXTS, PASSES = 200, 150, 15


@pytest.fixture
def synthetic() -> list[str]:
    rows = made_up(TEXTS * 5)
    texts = []
    for at in range(0, len(rows), 5):
        parts = [row.text.partition("\n") for row in rows[at : at + 5]]
        texts.append((parts[0][0] + "\n" + "".join(body for _, _, body in parts))[:LENGTH])
    return texts


@pytest.fixture
def real(shared_data: Path) -> list[str]:
    texts = []
    for name in ("topic7", "letters"):
        lines = gzip.decompress((shared_data / f"{name}.jsonl.gz").read_bytes()).splitlines()
        texts += [row["text"] for row in map(json.loads, lines)]
    near = [text for text in texts if abs(len(text) - LENGTH) <= LENGTH // 20]
    return near[:: max(1, len(near) // TEXTS)][:TEXTS]


def microseconds(read: Callable[[str], Any], texts: Sequence[str]) -> float:
    """Process time a text: the best of the passes, for other work on the machine only ever adds."""
    best = float("inf")
    for _ in range(PASSES):
        started = time.process_time()
        for text in texts:
            read(text)
        best = min(best, time.process_time() - started)
    return best / len(texts) * 1e6


def show(title: str, texts: Sequence[str]) -> None:
    model = TextModel.load(starter_model_path())
    gazetteer = load_gazetteer()

    def everything(text: str) -> None:
        model.classify(text, reasons=False)
        read_type_and_danger(text)
        gazetteer.find(text)

    reads: dict[str, Callable[[str], Any]] = {
        "cut into words (the floor)": dictionary_words,
        "topic": lambda text: model.classify(text, reasons=False),
        "type": guess_request_type,
        "urgency": find_emergency,
        "type and urgency in one pass": read_type_and_danger,
        "place": gazetteer.find,
        "topic + type + urgency + place": everything,
        "topic with its reasons": model.classify,
        "all signals (type, urgency, abuse, requests)": read_signals,
    }
    floor = microseconds(dictionary_words, texts)
    print(f"\n{title}: {len(texts)} texts of about {LENGTH} characters\n{'':46}{'µs':>8}{'× floor':>9}")
    for name, read in reads.items():
        cost = microseconds(read, texts)
        print(f"{name:<46}{cost:>8.1f}{cost / floor:>9.2f}")
    texts_explained = texts[:20]
    print(f"{'explain':<46}{microseconds(model.explain, texts_explained):>8.0f}")


def test_what_the_reading_of_a_made_up_message_costs(synthetic: list[str]) -> None:
    show("made-up messages", synthetic)


@pytest.mark.shared_data
def test_what_the_reading_of_a_real_message_costs(real: list[str]) -> None:
    show("real messages", real)


def test_what_loading_the_model_costs() -> None:
    started = time.perf_counter()
    TextModel.load(starter_model_path())
    seconds = time.perf_counter() - started
    print(f"\nstarter model: {starter_model_path().stat().st_size / 1e6:.1f} MB, loaded in {seconds:.3f} s")
