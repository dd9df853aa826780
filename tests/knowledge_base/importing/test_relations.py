"""What a document ends, changes and rests on, by its own words."""

from __future__ import annotations

import pytest

from knowledge_base.importing.document import Reference
from knowledge_base.importing.relations import relations_of

REPEALS = [
    (
        "本办法自2024年5月1日起施行。《清和县老年补贴办法》（清政发〔2019〕3号）同时废止。",
        [Reference("清和县老年补贴办法", "清政发〔2019〕3号")],
        "the usual sentence",
    ),
    (
        "本办法自2024年5月1日起施行，《清和县老年补贴办法》同时废止。",
        [Reference("清和县老年补贴办法")],
        "in one sentence with its beginning",
    ),
    (
        "2019年3月1日县政府发布的《甲办法》、2020年发布的《乙办法》（清政发[2020]4号）同时废止。",
        [Reference("甲办法"), Reference("乙办法", "清政发〔2020〕4号")],
        "two of them",
    ),
    (
        "《关于印发〈甲办法〉的通知》即行废止。",
        [Reference("关于印发〈甲办法〉的通知")],
        "a title within a title",
    ),
    ("《甲办法》废止前已经受理的，继续办理。", [], "something said of the time before a repeal"),
    ("与本办法不一致的《甲办法》内容，以本办法为准。", [], "no repeal at all"),
    ("依照《甲办法》的规定废止许可。", [], "a repeal done by the rules of another document"),
]


@pytest.mark.parametrize(("text", "ended"), [row[:2] for row in REPEALS], ids=[row[2] for row in REPEALS])
def test_what_a_document_ends(text: str, ended: list[Reference]) -> None:
    assert list(relations_of(text).repeals) == ended


def test_ending_a_part_of_a_document_is_a_change_to_it() -> None:
    found = relations_of("《甲办法》（清政发〔2019〕3号）第三条同时废止。")
    assert found.repeals == ()
    assert found.amends == (Reference("甲办法", "清政发〔2019〕3号"),)


def test_a_decision_to_repeal_names_them_in_its_list() -> None:
    text = "经研究，决定废止下列文件：\n1.《甲办法》（清政发〔2019〕3号）\n2.《乙办法》（清政发〔2018〕1号）"
    found = relations_of(text, title="清和县人民政府关于废止部分规范性文件的决定")
    assert [each.number for each in found.repeals] == ["清政发〔2019〕3号", "清政发〔2018〕1号"]


def test_a_decision_to_amend_names_what_it_changes() -> None:
    found = relations_of("将第三条改为……", title="关于修改《清和县养犬管理办法》的决定")
    assert found.amends == (Reference("清和县养犬管理办法"),)
    assert found.repeals == ()


def test_what_it_was_made_under_is_its_basis_and_a_law_cited_in_passing_is_not() -> None:
    text = (
        "第一条 根据《老年人权益保障法》和《实施意见》（云政发〔2023〕1号），制定本办法。\n"
        "第九条 冒领的，依照《治安管理处罚法》处罚。"
    )
    assert relations_of(text).basis == (
        Reference("老年人权益保障法"),
        Reference("实施意见", "云政发〔2023〕1号"),
    )
