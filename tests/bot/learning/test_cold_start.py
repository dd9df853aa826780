"""A city without a past starts from its duty list and a few examples."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from bot.commands import model as model_commands
from bot.learning.cold_start import TERMS_PER_TEXT, start_cold, threshold_of, weak_texts
from classifier.labelled import LabelledText
from classifier.model import TextModel
from classifier.training import NotEnoughData
from routing.reference_tables import demo_reference
from routing.tables import DEMO_COUNTY
from tests.bot.learning.small_city import MATTERS, decided_tickets
from tests.factories import MONDAY_9_30

DUTIES = demo_reference().duties.all()
EXAMPLES = [
    LabelledText(ticket.text, MATTERS[ticket.unit_id][0])
    for ticket in decided_tickets(48, newest=MONDAY_9_30)
    if ticket.unit_id
]


def test_weak_texts_speak_the_duty_lists_words_and_bear_its_topics() -> None:
    made = weak_texts(DUTIES)
    topics = {duty.topic for duty in DUTIES}
    assert {text.label for text in made} == topics
    words = " ".join(term for duty in DUTIES for term in (duty.name, *duty.terms)).replace("+", " ")
    for text in made:
        title, body = text.text.split("\n")
        assert title in words
        assert len(body.split("，")) <= TERMS_PER_TEXT
    assert made == weak_texts(DUTIES)  # the same list makes the same model


def test_the_duty_list_teaches_matters_no_example_names(tmp_path: Path) -> None:
    labels = {example.label for example in EXAMPLES}
    unseen = [
        (text, duty.topic)
        for duty in DUTIES
        if duty.topic in labels and len(duty.terms) > TERMS_PER_TEXT
        for text in [f"{'，'.join(duty.terms[:3]).replace('+', '')}，请处理"]
    ]

    def right(duties: tuple[object, ...]) -> int:
        from classifier.model_file import write_model_file

        cold = start_cold(EXAMPLES, duties, now=MONDAY_9_30, name="cold")  # type: ignore[arg-type]
        write_model_file(tmp_path / "cold.model", cold.model)
        model = TextModel.load(tmp_path / "cold.model")
        return sum(model.classify(text).label == topic for text, topic in unseen)

    assert len(unseen) > 20
    assert right(DUTIES) > right(()) + len(unseen) // 4


def test_a_label_the_examples_do_not_have_is_not_invented_from_the_list() -> None:
    cold = start_cold(EXAMPLES, DUTIES, now=MONDAY_9_30, name="cold")
    assert set(cold.model.labels) == {example.label for example in EXAMPLES}
    assert cold.figures.rows == len(EXAMPLES)
    assert cold.weak_texts > len(EXAMPLES)


def test_examples_that_are_copies_of_each_other_are_too_few() -> None:
    copies = [replace(example, text="一模一样的一句话，没有任何不同") for example in EXAMPLES]
    with pytest.raises(NotEnoughData):
        start_cold(copies, DUTIES, now=MONDAY_9_30, name="cold")


def test_the_command_writes_a_model_or_says_what_is_wrong(tmp_path: Path) -> None:
    app = typer.Typer()
    model_commands.register(app)
    app.callback()(lambda: None)
    examples, out = tmp_path / "examples.jsonl", tmp_path / "city.model"
    examples.write_text(
        "\n".join(json.dumps({"text": e.text, "label": e.label}, ensure_ascii=False) for e in EXAMPLES)
    )
    command = ["model", "cold-start", "--examples", str(examples), "--out", str(out), "--duties"]
    result = CliRunner().invoke(app, [*command, str(DEMO_COUNTY / "duties.csv"), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.strip().splitlines()[-1])
    assert told["rows"] == len(EXAMPLES)
    assert TextModel.load(out).card.name == "city"
    bad = tmp_path / "bad.csv"
    bad.write_text("id,name,topic\n1,,x\n")
    assert CliRunner().invoke(app, [*command, str(bad)]).exit_code == 2
    assert CliRunner().invoke(app, [*command, str(tmp_path / "none.csv")]).exit_code == 2


def test_of_messages_with_one_confidence_a_first_model_decides_all_or_none() -> None:
    """Copies of one letter have one confidence: a threshold among them would rest on their order in the file."""
    confidences = np.full(100, 0.9)
    right = np.array([True] * 70 + [False] * 30)
    assert threshold_of(confidences, right, groups=np.arange(100)) == 1.0
    assert threshold_of(confidences, np.full(100, True), groups=np.arange(100)) == 0.9
    # A hundred copies are one piece of evidence.
    assert threshold_of(confidences, np.full(100, True), groups=np.zeros(100, dtype=np.int64)) == 1.0
