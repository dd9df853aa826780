"""A thousand damaged files: none stops the reader, each says what is wrong or gives what could be read."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from knowledge_base.importing.isolation import Reader
from knowledge_base.importing.reading import read_here
from tests.knowledge_base.importing.files import LETTER, docx, html, pdf, workbook, zipped

VARIANTS = 1000
_SUFFIXES = ("docx", "doc", "pdf", "html", "txt", "xlsx", "xls", "csv", "zip", "rtf", "")


def sound_files() -> dict[str, bytes]:
    text = "\n".join(LETTER)
    rows = [("问题", "答案"), *((f"第{at}个问题？", "这样办理。") for at in range(20))]
    return {
        "通知.docx": docx(table=[["年龄", "标准"], ["80周岁", "60元"]]),
        "通知.pdf": pdf("a letter"),
        "通知.html": html(portal=True),
        "通知.txt": text.encode(),
        "国标.txt": text.encode("gb18030"),
        "宽.txt": text.encode("utf-16"),
        "问答.xlsx": workbook({"问答": rows}),
        "问答.csv": "\n".join(map(",".join, rows)).encode("gb18030"),
        "旧.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(2000)
        + "WordDocument".encode("utf-16-le")
        + bytes(600),
        "包.zip": zipped({"通知.txt": text.encode(), "内.zip": zipped({"通知.txt": text.encode()})}),
    }


def damaged(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Cut off, bits flipped, stretches zeroed or doubled, wrong endings, two files in one, nested archives."""
    chance = random.Random(seed)
    files = list(sound_files().items())
    for at in range(count):
        name, data = files[at % len(files)]
        stem = name.split(".")[0]
        way = chance.randrange(8)
        if way == 0:
            data = data[: chance.randrange(len(data))]
        elif way == 1:
            flipped = bytearray(data)
            for _ in range(chance.choice((1, 5, 50, 500))):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            data = bytes(flipped)
        elif way == 2:
            start = chance.randrange(len(data))
            data = data[:start] + bytes(chance.randrange(200)) + data[start + chance.randrange(200) :]
        elif way == 3:
            name = f"{stem}.{chance.choice(_SUFFIXES)}"
        elif way == 4:
            start = chance.randrange(len(data))
            data = data[start:] + data[:start]
        elif way == 5:
            data = data + files[chance.randrange(len(files))][1]
        elif way == 6:
            data = zipped(
                {f"{at}/{name}": data[: chance.randrange(1, len(data))], "好.txt": "\n".join(LETTER).encode()}
            )
            name = f"{stem}.zip"
        else:
            data = chance.randbytes(chance.randrange(0, 3000))
            name = f"{stem}.{chance.choice(_SUFFIXES)}"
        yield name, data


def test_no_damaged_file_stops_the_reader_and_each_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    # Old Word files go to programs that are not ours, a second each; they have a test of their own.
    monkeypatch.setenv("PATH", "")
    refused = 0
    for name, data in damaged(20261122, VARIANTS):
        began = time.monotonic()
        reading = read_here(name, data)
        assert time.monotonic() - began < 10, name
        assert reading.documents or reading.problems, (name, len(data))
        refused += not reading.documents
        for problem in reading.problems:
            assert problem.why, name
            assert "Error" not in problem.sentence(), problem
            assert "Traceback" not in problem.sentence()
    assert refused > VARIANTS // 4, "the damage does harm"


def test_a_damaged_old_word_file_is_refused_by_the_programs_there_are() -> None:
    name, data = "旧.doc", sound_files()["旧.doc"]
    (problem,) = read_here(name, data).problems
    assert problem.what_to_do


def test_the_same_files_through_the_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with Reader(seconds=20) as reader:
        for name, data in damaged(7, 60):
            reading = reader.read(name, data)
            assert reading.documents or reading.problems, name
            assert not any("程序中断" in problem.why for problem in reading.problems), name


HOSTILE = {
    "one endless line": "清和县人民政府" * 8_000,
    "quotes that never close": "第一条 《" + "〈办法〉" * 4_000 + "废止。",
    "quotes within quotes": "《" * 6_000 + "办法" + "》" * 6_000 + "同时废止。",
    "brackets and years": "清政发〔2024〕" * 4_000,
    "dates without end": "自2024年5月1日" * 4_000 + "起施行。",
    "spread out": "清 和 县 " * 6_000,
    "labels": "发文字号：" * 4_000,
    "dashes": "-—_|" * 6_000,
    "this document": "本办法" * 8_000 + "有效期",
    "closing lines": "清和县民政局\n" * 8_000 + "2024年5月1日",
    "short lines": "通知\n" * 12_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["文.txt", "文.html"])
def test_no_text_makes_a_pattern_run_away(name: str, text: str) -> None:
    began = time.monotonic()
    read_here(name, ("关于放假的通知\n各单位：\n为了规范管理，现将有关事项通知如下。\n" + text).encode())
    assert time.monotonic() - began < 10
