"""Reading in a child process: what a hostile file takes is taken from the child."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from knowledge_base.importing import isolation
from knowledge_base.importing.isolation import Reader, Stopped, files_below, read_upload, read_with
from knowledge_base.importing.reading import read_here
from tests.knowledge_base.importing.files import LETTER, docx, workbook, zipped

GUIDE = [
    ("事项名称", "办理条件", "收费标准", "申请材料"),
    ("养犬登记", "有固定住所", "不收费", "1.身份证\n2.免疫证"),
]
FILES = {
    "通知.docx": docx(),
    "指南.xlsx": workbook({"指南": GUIDE}),
    "坏.docx": b"PK\x03\x04 nothing",
    "包.zip": zipped({"一.docx": docx(), "二.txt": "\n".join(LETTER).encode()}),
}


def test_the_child_says_what_this_process_would() -> None:
    with Reader() as reader:
        for name, data in FILES.items():
            assert reader.read(name, data) == read_here(name, data)


def test_one_upload_needs_one_call() -> None:
    assert read_upload("通知.docx", FILES["通知.docx"]) == read_here("通知.docx", FILES["通知.docx"])


def test_a_file_from_disk_and_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "通知.docx").write_bytes(FILES["通知.docx"])
    with Reader() as reader:
        assert read_with(reader, tmp_path / "通知.docx", name="通知.docx").documents
        (problem,) = read_with(reader, tmp_path / "没有.docx", name="没有.docx").problems
    assert problem.why == "打不开这个文件"


def test_over_its_time_a_file_is_given_up_and_the_next_one_is_read() -> None:
    with Reader(seconds=20) as reader:
        reader.read("通知.docx", FILES["通知.docx"])
        assert reader._child is not None
        stuck = reader._child.pid
        os.kill(stuck, signal.SIGSTOP)
        reader._seconds = 0.2
        began = time.monotonic()
        (problem,) = reader.read("卡住.docx", FILES["通知.docx"]).problems
        assert "没有读完，已放弃" in problem.why
        assert time.monotonic() - began < 5
        reader._seconds = 20
        assert reader.read("通知.docx", FILES["通知.docx"]).documents
        assert reader._child.pid != stuck


def test_a_child_that_dies_costs_one_file() -> None:
    with Reader() as reader:
        reader.read("通知.docx", FILES["通知.docx"])
        assert reader._child is not None
        os.kill(reader._child.pid, signal.SIGKILL)
        reader._child.wait()
        assert reader.read("通知.docx", FILES["通知.docx"]).documents


def test_a_reader_told_to_stop_reads_none_of_the_files_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_CHILD", "tests.knowledge_base.importing.stuck")
    began = time.monotonic()
    with Reader() as reader, ThreadPoolExecutor(1) as threads:
        reading = threads.submit(reader.read, "包.zip", FILES["包.zip"])
        assert not wait([reading], timeout=0.2).done
        reader.stop()
        with pytest.raises(Stopped):
            reading.result(timeout=10)
        with pytest.raises(Stopped):
            reader.read("通知.docx", FILES["通知.docx"])
    assert time.monotonic() - began < 10


def test_no_child_outlives_its_reader() -> None:
    with Reader() as reader:
        reader.read("通知.docx", FILES["通知.docx"])
        assert reader._child is not None
        child = reader._child
    assert child.returncode is not None


def test_folders_are_walked_and_what_is_no_document_of_anybody_is_left_out(tmp_path: Path) -> None:
    for name in ("政策/甲.docx", "政策/~$甲.docx", ".DS_Store", "乙.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    files, problems = files_below([tmp_path, tmp_path / "乙.txt"])
    assert [name for _, name in files] == ["乙.txt", "政策/甲.docx", "乙.txt"]
    assert problems == []


def test_too_many_files_and_an_empty_folder_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "MAX_FILES", 2)
    (tmp_path / "空").mkdir()
    for at in range(3):
        (tmp_path / f"{at}.txt").write_bytes(b"x")
    files, problems = files_below([tmp_path, tmp_path / "空"])
    assert len(files) == 2
    assert [problem.why for problem in problems] == [
        "文件夹是空的",
        "一共 3 个文件，一次最多 2 个，其余没有读取",
    ]
