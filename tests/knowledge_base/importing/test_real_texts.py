"""More than a hundred files made of real public texts by LibreOffice and Chromium: whatever the format, the same reading."""

from __future__ import annotations

import gzip
import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from knowledge_base.importing.document import ImportedDocument, Raw
from knowledge_base.importing.isolation import Reader, read_with
from knowledge_base.importing.structure import document_of

pytestmark = pytest.mark.shared_data

DOCUMENTS = 30
"""In four formats each: 120 files."""
_BEARS_NUMBER = re.compile(r"[〔\[（(【]\s*20\d\d\s*[〕\])）】]\s*\d+\s*号")


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> dict[str, list[str]]:
    """Policy texts that name a 文号 and regulations with 施行, one paragraph a line; none of it is kept."""
    found: dict[str, list[str]] = {}
    for row in _rows(shared_data / "policy_docs.jsonl.gz"):
        if (
            len(found) < DOCUMENTS * 2 // 3
            and _BEARS_NUMBER.search(row["text"][:400])
            and len(row["text"]) < 5000
        ):
            found[f"p{len(found)}"] = row["text"].split(" ")
    laws: dict[str, list[str]] = {}
    for row in _rows(shared_data / "laws.jsonl.gz"):
        if row["category"] == "行政法规" and row["date"]:
            year, month, day = row["date"].split("-")
            lines = laws.setdefault(row["law"], [row["law"], f"（{year}年{int(month)}月{int(day)}日公布）"])
            lines.extend(f"{row['article']} {row['text']}".split("\n"))
    for lines in laws.values():
        if len(found) < DOCUMENTS and 10 < len(lines) < 40 and "施行" in lines[-1]:
            found[f"l{len(found)}"] = lines
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@pytest.fixture(scope="module")
def office() -> str:
    program = shutil.which("soffice")
    if not program:
        pytest.skip("needs: apt-get install libreoffice-writer-nogui")
    return program


async def test_a_hundred_files_of_four_formats_say_the_same_as_their_texts(
    texts: dict[str, list[str]], office: str, browser: Browser, tmp_path: Path
) -> None:
    pages = tmp_path / "html"
    pages.mkdir()
    for name, lines in texts.items():
        (pages / f"{name}.html").write_text(_page(lines), encoding="utf-8")
    _convert(office, "docx:MS Word 2007 XML", sorted(pages.iterdir()), tmp_path / "docx")
    _convert(office, "pdf", sorted((tmp_path / "docx").iterdir()), tmp_path / "pdf")
    printed = tmp_path / "printed"
    printed.mkdir()
    page = await browser.new_page()
    for path in sorted(pages.iterdir()):
        await page.goto(path.as_uri())
        await page.pdf(path=str(printed / f"{path.stem}.pdf"), format="A4")
    files = [
        path
        for folder in ("html", "docx", "pdf", "printed")
        for path in sorted((tmp_path / folder).iterdir())
    ]
    assert len(files) >= 100
    expected = {
        name: document_of(Raw(tuple(lines)), f"{name}.txt").documents[0] for name, lines in texts.items()
    }
    right: list[bool] = []
    missed: list[str] = []
    with Reader() as reader:
        for path in files:
            reading = read_with(reader, path, name=path.name)
            assert len(reading.documents) == 1, (
                path.name,
                [problem.sentence() for problem in reading.problems],
            )
            for field, wanted, got in _compared(expected[path.stem], reading.documents[0]):
                right.append(wanted == got)
                if wanted != got:
                    missed.append(f"{path.parent.name}/{path.name} {field}: {got} instead of {wanted}")
    assert sum(right) >= 0.95 * len(right), missed


def _compared(expected: ImportedDocument, found: ImportedDocument) -> list[tuple[str, object, object]]:
    names = ("document_number", "published_on", "effective_on", "expires_on")
    pairs = [(name, getattr(expected, name), getattr(found, name)) for name in names]
    return [pair for pair in pairs if pair[1] is not None or pair[2] is not None]


def _page(lines: list[str]) -> str:
    head, *body = (html.escape(line) for line in lines)
    paragraphs = "\n".join(f'<p style="text-indent:2em">{line}</p>' for line in body)
    return f'<html><head><meta charset="utf-8"><title>{head}</title></head><body><h2>{head}</h2>{paragraphs}</body></html>'


def _convert(office: str, made: str, files: list[Path], folder: Path) -> None:
    profile = f"-env:UserInstallation=file://{folder.parent}/profile"
    command = [office, "--headless", profile, "--convert-to", made, "--outdir", str(folder), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=400)
