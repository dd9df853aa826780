"""Every format gives the same letter back; what cannot be read says what to do."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from playwright.async_api import Browser

from knowledge_base.importing.document import ImportedDocument, Reading, Severity
from knowledge_base.importing.reading import read_here
from tests.knowledge_base.importing.files import LETTER, docx, html, pdf, zipped

TEXT = "\n".join(LETTER)


def letter_in(reading: Reading) -> ImportedDocument:
    """The one document, which must be the letter whatever it came as."""
    assert len(reading.documents) == 1, [problem.sentence() for problem in reading.problems]
    found = reading.documents[0]
    assert found.title == "清和县人民政府关于印发清和县高龄津贴发放办法的通知"
    assert (found.document_number, found.issuer) == ("清政发〔2024〕5号", "清和县人民政府")
    assert (found.published_on, found.effective_on) == (date(2024, 4, 20), date(2024, 5, 1))
    assert found.expires_on == date(2029, 4, 30)
    assert [each.number for each in found.repeals] == ["清政发〔2019〕3号"]
    assert LETTER[9] in found.body, "a paragraph longer than a line is whole"
    assert found.body.count("第三条") == 1
    return found


ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_in_every_encoding_offices_save(encoding: str) -> None:
    letter_in(read_here("通知.txt", TEXT.encode(encoding)))


def test_text_with_hard_line_breaks_is_whole_again() -> None:
    broken = "\r\n".join(line[at : at + 30] for line in LETTER for at in range(0, len(line), 30))
    letter_in(read_here("通知.txt", broken.encode("gb18030")))


def test_a_word_file_with_a_table_keeps_its_rows_readable() -> None:
    found = letter_in(read_here("通知.docx", docx(table=[["年龄", "标准"], ["80周岁", "60元"]])))
    assert found.body.endswith("年龄 | 标准\n80周岁 | 60元")


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_saved_page(charset: str) -> None:
    letter_in(read_here("通知.html", html(charset=charset)))


def test_a_page_of_a_government_site_without_the_site() -> None:
    found = letter_in(read_here("通知.htm", html(charset="gb18030", portal=True)))
    for furniture in ("当前位置", "另一项工作", "版权所有", "上一篇", "1999", "打印"):
        assert furniture not in found.body


def test_what_a_file_is_goes_by_its_content_and_the_editor_is_told() -> None:
    reading = read_here("通知.pdf", docx())
    letter_in(reading)
    assert [(problem.severity, problem.why) for problem in reading.problems] == [
        (Severity.CHECK, "扩展名是 .pdf，内容其实是 docx，已按内容读取")
    ]


async def test_a_pdf_printed_by_chromium(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content(html().decode())
    letter_in(read_here("通知.pdf", await page.pdf(format="A4", display_header_footer=True)))


@pytest.fixture(scope="module")
def office() -> str:
    """LibreOffice's program; a test that needs it is skipped where it is not installed."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("needs: apt-get install libreoffice-writer-nogui")
    return program


@pytest.mark.parametrize("made", ["pdf", "doc", "rtf"])
def test_files_made_by_libreoffice(office: str, made: str, tmp_path: Path) -> None:
    (tmp_path / "通知.docx").write_bytes(docx())
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        office,
        "--headless",
        profile,
        "--convert-to",
        made,
        "--outdir",
        str(tmp_path),
        str(tmp_path / "通知.docx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    letter_in(read_here(f"通知.{made}", (tmp_path / f"通知.{made}").read_bytes()))


REFUSED = [
    ("空.docx", b"", "是空文件", "empty"),
    ("图.jpg", b"\xff\xd8\xff\xe0" + bytes(200), "是图片", "a picture"),
    ("包.rar", b"Rar!\x1a\x07" + bytes(200), "是 rar、7z 等压缩包，这里只认 zip", "another archive"),
    ("坏.docx", docx()[:2000], "docx/docm/dotx/wps 文件已损坏，无法打开", "cut off"),
    ("坏.pdf", b"%PDF-1.4\n" + bytes(300), "pdf 文件已损坏或不完整，无法读取", "a broken PDF"),
    ("扫描.pdf", pdf(), "里面没有文字", "a scan"),
    ("随机.txt", bytes(range(256)) * 8, "不是文字文件", "no text"),
]


@pytest.mark.parametrize(
    ("name", "data", "why"), [row[:3] for row in REFUSED], ids=[row[3] for row in REFUSED]
)
def test_what_cannot_be_read_says_why_and_what_to_do(name: str, data: bytes, why: str) -> None:
    reading = read_here(name, data)
    assert reading.documents == ()
    assert [problem.why for problem in reading.problems] == [why]
    assert reading.problems[0].what_to_do
    assert reading.failed


def test_without_a_program_for_old_word_files_the_message_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    stream = "WordDocument".encode("utf-16-le") + b"\x00\x00"
    (problem,) = read_here("旧.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + stream).problems
    assert "antiword" in problem.why


def test_files_of_an_archive_are_read_one_by_one() -> None:
    files = {"政策/津贴.docx": docx(), "坏.docx": b"PK\x03\x04", "说明.txt": TEXT.encode("gb18030")}
    reading = read_here("包.zip", zipped(files, names_in="gbk"))
    assert [document.source for document in reading.documents] == ["包.zip/政策/津贴.docx", "包.zip/说明.txt"]
    assert [problem.file for problem in reading.problems] == ["包.zip/坏.docx"]


def test_paths_that_climb_out_and_bombs_are_refused() -> None:
    reading = read_here("包.zip", zipped({"../../x.txt": TEXT.encode(), "/etc/y.txt": TEXT.encode()}))
    assert reading.documents == ()
    assert {problem.why for problem in reading.problems} == {"文件路径指向压缩包之外，没有读取"}
    bomb = read_here("包.zip", zipped({"大.txt": bytes(25_000_000)}))
    assert [problem.why for problem in bomb.problems] == ["压缩比异常，可能是压缩炸弹，没有读取"]
    word = zipped({"word/document.xml": bytes(25_000_000), "[Content_Types].xml": b"<a/>"})
    assert [problem.why for problem in read_here("大.docx", word).problems] == [
        "解开后太大，可能是压缩炸弹，没有读取"
    ]


def test_archives_within_archives_have_an_end() -> None:
    data = zipped({"津贴.txt": TEXT.encode()})
    for at in range(5):
        data = zipped({f"{at}.zip": data})
    (problem,) = read_here("包.zip", data).problems
    assert problem.why == "压缩包套了超过 2 层，没有读取"
    letter_in(read_here("包.zip", zipped({"内.zip": zipped({"津贴.txt": TEXT.encode()})})))


async def test_a_ruled_table_in_a_pdf_keeps_its_rows(browser: Browser) -> None:
    rows = [("年龄", "每人每月标准"), ("80周岁至89周岁", "60元"), ("90周岁至99周岁", "120元")]
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<style>td {{ border: 1px solid black }} table {{ border-collapse: collapse }}</style><table>{cells}</table>"
    page = await browser.new_page()
    await page.set_content(html().decode().replace("</body>", f"{table}</body>"))
    found = letter_in(read_here("通知.pdf", await page.pdf(format="A4")))
    assert found.body.endswith("年龄 | 每人每月标准\n80周岁至89周岁 | 60元\n90周岁至99周岁 | 120元")
