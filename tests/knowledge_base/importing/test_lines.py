"""Broken lines made whole, page furniture dropped, wrong decodings noticed."""

from __future__ import annotations

from knowledge_base.importing.lines import clean, is_page_number, is_scrambled, rejoined, without_furniture

TEXT = "各乡镇人民政府应当认真组织实施本办法，及时足额发放津贴，不得截留挪用，并接受审计和社会监督。"


def test_page_numbers_headers_and_footers_go_and_the_text_stays() -> None:
    words = ["津贴标准", "申请程序", "资金来源", "监督检查"]
    pages = [
        ["清和县人民政府公报", f"第{at}条 {word}如下。", f"{word}由民政部门负责。", f"— {at} —"]
        for at, word in enumerate(words, start=1)
    ]
    kept = without_furniture(pages)
    assert kept[0] == ["第1条 津贴标准如下。", "津贴标准由民政部门负责。"]
    assert kept[3] == ["第4条 监督检查如下。", "监督检查由民政部门负责。"]


def test_what_a_page_number_looks_like() -> None:
    for line in ("— 3 —", "- 12 -", "3", "第 3 页 共 9 页", "第三页", "3/9", "Page 3 of 9"):
        assert is_page_number(line), line
    for line in ("3号", "第三条", "2024年", "共9页材料"):
        assert not is_page_number(line), line


def test_a_text_broken_at_a_fixed_width_is_joined_again() -> None:
    long = TEXT * 3
    broken = [long[at : at + 24] for at in range(0, len(long), 24)]
    lines = ["关于发放津贴的通知", *broken, "第二条 另起一段。"]
    assert rejoined(lines) == ["关于发放津贴的通知", long, "第二条 另起一段。"]


def test_paragraphs_of_their_own_length_are_left_alone() -> None:
    lines = ["关于发放津贴的通知", TEXT, TEXT[:20], TEXT * 2, "清和县民政局", "2024年5月1日"]
    assert rejoined(lines) == lines


def test_invisible_characters_and_spread_letters() -> None:
    assert clean("\ufeff\u200b 通\u3000 知 ") == "通 知"
    assert clean("关 于 放 假 的 通 知") == "关于放假的通知"
    assert clean("清和县 人民政府") == "清和县 人民政府"


def test_a_wrong_decoding_is_noticed_and_plain_chinese_is_not() -> None:
    assert not is_scrambled(TEXT)
    assert is_scrambled(TEXT.encode().decode("gb18030", errors="replace"))
    assert is_scrambled(TEXT.encode("gb18030").decode("utf-8", errors="replace"))
