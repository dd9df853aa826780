"""Which field of a guide a question asks for."""

from __future__ import annotations

import pytest

from knowledge_base.answering.aspects import LABELS, Aspect, asked, without_cues

FEES, MATERIALS, PHONE, TIME, WINDOW = (
    Aspect.FEES,
    Aspect.MATERIALS,
    Aspect.PHONE,
    Aspect.PROMISED_TIME,
    Aspect.WINDOW,
)


@pytest.mark.parametrize(
    ("question", "aspects"),
    [
        ("补办身份证要多少钱", (FEES,)),
        ("办这个收费吗", (FEES,)),
        ("我妈九十了一个月能领几个钱", (FEES,)),
        ("领结婚证要带什么", (MATERIALS,)),
        ("需要什么手续", (MATERIALS,)),
        ("护照几天能拿到", (TIME,)),
        ("什么时候能办好", (TIME,)),
        ("去哪办", (WINDOW,)),
        ("在哪个窗口，周六上班吗", (WINDOW,)),
        ("电话多少", (PHONE,)),
        ("有什么条件", (Aspect.CONDITIONS,)),
        ("有名额限制吗", (Aspect.QUOTA,)),
        ("依据是哪条法", (Aspect.LEGAL_BASIS,)),
        ("怎么申请", (Aspect.PROCEDURE,)),
        ("怎么办，要带什么", (MATERIALS,)),  # the exact one is what was meant
        ("去哪办？多少钱", (WINDOW, FEES)),
        ("多少钱？去哪办", (FEES, WINDOW)),
        ("你好", ()),
    ],
)
def test_the_aspects_are_read_in_the_order_asked(question: str, aspects: tuple[Aspect, ...]) -> None:
    assert asked(question) == aspects


def test_without_its_cues_a_question_says_only_its_matter() -> None:
    assert without_cues("补办身份证多少钱").replace("　", "") == "补办身份证"


def test_every_aspect_has_its_chinese_name() -> None:
    assert set(LABELS) == set(Aspect)
