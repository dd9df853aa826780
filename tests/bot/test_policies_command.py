"""``huiyin import policies``: files in, drafts out, every problem named; on a real MongoDB."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from pymongo import MongoClient
from typer.testing import CliRunner

from bot.commands import policies
from tests.knowledge_base.importing.files import docx, html, workbook, zipped


class Office:
    """The command line of one installation and a folder of files."""

    def __init__(self, mongo_url: str, database: str, folder: Path) -> None:
        self.mongo_url, self.database, self.folder = mongo_url, database, folder
        self._app = typer.Typer()
        self._app.callback()(lambda: None)
        policies.register(self._app)

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def run(self, *arguments: str, exit_code: int = 0) -> str:
        """By 周编辑, where the arguments do not say by whom."""
        by = () if "--by" in arguments else ("--by", "zhou")
        result = CliRunner().invoke(self._app, ["policies", *arguments, *by])
        assert result.exit_code == exit_code, result.output
        return result.stdout

    def told(self, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.run(*arguments, "--json", exit_code=exit_code))
        return told

    def stored(self) -> list[dict[str, Any]]:
        client: MongoClient[dict[str, Any]]
        with MongoClient(self.mongo_url) as client:
            return list(client[self.database]["articles"].find())


@pytest.fixture
def office(mongo_url: str, database_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", database_name)
    monkeypatch.setenv("HUIYIN_SECRET_KEY", base64.b64encode(b"k" * 32).decode())
    return Office(mongo_url, database_name, tmp_path / "files")


def test_a_folder_of_files_becomes_drafts_and_a_second_run_changes_nothing(office: Office) -> None:
    office.folder.mkdir()
    office.file("津贴.docx", docx())
    office.file("问答.xlsx", workbook({"问答": [("问题", "答案"), ("怎么办？", "这样办。")]}))
    said = office.run(str(office.folder), "--region", "清和县")
    assert "导入：2 个文件，2 条（新增 2，更新 0，未变 0，未导入 0）。" in said
    assert "清政发〔2024〕5号" in said
    assert "2024-05-01 起施行，有效至 2029-04-30" in said
    assert "经业务审核和保密审查后才会对外" in said
    drafts = office.stored()
    assert len(drafts) == 2
    assert all(each["live"] is None and each["draft"]["article"]["status"] == "draft" for each in drafts)
    again = office.told(str(office.folder), "--region", "清和县")
    assert (again["unchanged"], again["new"], again["changed"]) == (2, 0, 0)
    assert len(office.stored()) == 2


def test_a_preview_writes_nothing_and_needs_no_database(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.folder.mkdir()
    path = office.file("津贴.html", html(charset="gb18030", portal=True))
    assert office.told(path, "--dry-run")["new"] == 1
    assert office.stored() == []
    monkeypatch.setenv("HUIYIN_MONGO_URL", "")
    told = office.told(path, "--dry-run")
    assert (told["dry_run"], told["new"]) == (True, 1)
    assert told["entries"][0]["document_number"] == "清政发〔2024〕5号"


def test_an_import_by_nobody_is_refused_and_a_preview_by_nobody_is_not(office: Office) -> None:
    office.folder.mkdir()
    path = office.file("津贴.docx", docx())
    for nobody in ("", "  "):
        office.run(path, "--by", nobody, exit_code=2)
    assert office.stored() == []
    assert office.told(path, "--by", "", "--dry-run")["new"] == 1
    office.run(path)
    (draft,) = office.stored()
    assert draft["draft"]["authors"] == ["zhou"]


def test_what_could_not_be_read_is_listed_and_the_rest_is_taken(office: Office) -> None:
    office.folder.mkdir()
    rows = [("问题", "答案"), ("怎么办？", "这样办。"), ("没有答案的？", "")]
    archive = {"好.docx": docx(), "坏.docx": b"PK\x03\x04", "问答.xlsx": workbook({"问答": rows})}
    path = office.file("一批.zip", zipped(archive, names_in="gbk"))
    said = office.run(path, exit_code=1)
    assert "新增 2" in said
    assert "一批.zip/坏.docx：" in said
    assert "一批.zip/问答.xlsx#问答 第 3 行：“答案”一格是空的" in said
    assert len(office.stored()) == 2


def test_when_nothing_could_be_read_nothing_is_done(office: Office) -> None:
    office.folder.mkdir()
    told = office.told(office.file("坏.docx", b"PK\x03\x04"), exit_code=2)
    assert told["entries"] == []
    assert told["problems"][0]["what_to_do"]
    assert office.stored() == []


def test_without_a_database_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYIN_MONGO_URL", "")
    office = Office("", "", tmp_path / "files")
    office.folder.mkdir()
    office.run(office.file("津贴.docx", docx()), exit_code=2)


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_owner_nobody_knows_is_refused_before_anything_is_written(office: Office, dry_run: bool) -> None:
    path = office.file("津贴.docx", docx())
    preview = ("--dry-run",) if dry_run else ()
    result = CliRunner().invoke(
        office._app, ["policies", path, "--by", "zhou", "--owner", "qh.nope", *preview]
    )
    assert result.exit_code == 2
    assert "单位表里没有编号“qh.nope”" in result.output
    assert "请改用表里的编号" in result.output
    assert office.stored() == []
    office.run(path, "--owner", "qh.government", *preview)


def test_without_a_database_an_owner_is_looked_up_among_the_units_that_ship(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = office.file("津贴.docx", docx())
    monkeypatch.setenv("HUIYIN_MONGO_URL", "")
    result = CliRunner().invoke(office._app, ["policies", path, "--owner", "qh.nope", "--dry-run"])
    assert result.exit_code == 2
    assert "请用 HUIYIN_MONGO_URL 指明，或者不写 --owner" in result.output
    office.run(path, "--owner", "qh.government", "--dry-run")


def test_a_region_nobody_knows_is_refused(office: Office) -> None:
    path = office.file("津贴.docx", docx())
    result = CliRunner().invoke(office._app, ["policies", path, "--by", "zhou", "--region", "清河县"])
    assert result.exit_code == 2
    assert "地名表里没有“清河县”" in result.output


def test_what_a_document_ends_is_said(office: Office) -> None:
    old = "清和县高龄津贴办法\n清政发〔2020〕3号\n\n第一条 每月50元。\n\n清和县人民政府\n2020年3月1日\n"
    office.run(office.file("旧.txt", old.encode()))
    new = (
        "清和县高龄津贴实施办法\n清政发〔2026〕7号\n\n第一条 每月60元。\n"
        "第二条 本办法自2026年12月1日起施行。《清和县高龄津贴办法》（清政发〔2020〕3号）同时废止。\n\n"
        "清和县人民政府\n2026年11月1日\n"
    )
    said = office.run(office.file("新.txt", new.encode()), "--dry-run")
    assert "! 将废止：《清和县高龄津贴办法》" in said
