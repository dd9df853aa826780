"""One file in, entries and problems out: what a file is, is told by its content, not by its name.

``isolation`` runs this in a child process with limits; ``read_here`` is what the child runs. Neither raises for what a
file holds.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath

from knowledge_base.importing.document import Problem, Raw, Reading, Severity
from knowledge_base.importing.kinds import FileKind, kind_of_file, usual_suffixes
from knowledge_base.importing.limits import MAX_DEPTH, MAX_FILE_BYTES
from knowledge_base.importing.structure import document_of

_DAMAGED = "请用原来的软件打开确认，另存一份后再导入"


def read_here(name: str, data: bytes, *, depth: int = 0) -> Reading:
    """Read one file in this process; an archive's files one after the other."""
    if not data:
        return _refused(name, "是空文件", "请确认文件是否传完整")
    if len(data) > MAX_FILE_BYTES and depth == 0 and kind_of_file(name, data) is not FileKind.ZIP:
        return _refused(name, f"超过 {MAX_FILE_BYTES // 1024 // 1024} MB", "请拆分或压缩图片后再导入")
    kind = kind_of_file(name, data)
    try:
        reading = _READERS[kind](name, data, depth)
    except MemoryError:
        return _refused(name, "太大，读取时内存不够", "请拆成几份再导入")
    except RecursionError:
        return _refused(name, "结构嵌套太深，无法读取", _DAMAGED)
    except Exception as error:
        return _refused(name, _reason(kind, error), _DAMAGED)
    return _mismatch(name, kind) + reading


def _text(read: Callable[[bytes], Raw]) -> Callable[[str, bytes, int], Reading]:
    def reader(name: str, data: bytes, depth: int) -> Reading:
        return document_of(read(data), name)

    return reader


def _docx(data: bytes) -> Raw:
    from knowledge_base.importing.word import read_docx  # each parser is loaded when first needed

    return read_docx(data)


def _pdf(data: bytes) -> Raw:
    from knowledge_base.importing.pdf import read_pdf

    return read_pdf(data)


def _html(data: bytes) -> Raw:
    from knowledge_base.importing.pages import read_html

    return read_html(data)


def _plain(data: bytes) -> Raw:
    from knowledge_base.importing.plain import read_plain

    return read_plain(data)


def _doc(data: bytes) -> Raw:
    from knowledge_base.importing.old_word import read_doc

    return read_doc(data)


def _rtf(data: bytes) -> Raw:
    from knowledge_base.importing.old_word import read_rtf

    return read_rtf(data)


def _workbook(name: str, data: bytes, depth: int) -> Reading:
    from knowledge_base.importing.sheets import read_workbook
    from knowledge_base.importing.word import refuse_bombs

    if data.startswith(b"PK"):
        refuse_bombs(data)
    return read_workbook(data, name)


def _csv(name: str, data: bytes, depth: int) -> Reading:
    from knowledge_base.importing.sheets import read_csv

    return read_csv(data, name)


def _zip(name: str, data: bytes, depth: int) -> Reading:
    if depth >= MAX_DEPTH:
        return _refused(name, f"压缩包套了超过 {MAX_DEPTH} 层，没有读取", "请解压后重新打包")
    return _members(name, data, lambda inner, content: read_here(inner, content, depth=depth + 1))


def in_archive(name: str, data: bytes, *, read: Callable[[str, bytes], Reading]) -> Reading:
    """An archive with its files read by ``read``, each by itself; archives within it are opened here too."""

    def one(inner: str, content: bytes, depth: int = 1) -> Reading:
        if kind_of_file(inner, content) is not FileKind.ZIP:
            return read(inner, content)
        if depth >= MAX_DEPTH:
            return _refused(inner, f"压缩包套了超过 {MAX_DEPTH} 层，没有读取", "请解压后重新打包")
        return _opened(inner, content, lambda name, data: one(name, data, depth + 1))

    return _opened(name, data, one)


def _opened(name: str, data: bytes, read: Callable[[str, bytes], Reading]) -> Reading:
    try:
        return _members(name, data, read)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return _refused(name, "zip 文件已损坏，无法打开", _DAMAGED)


def _members(name: str, data: bytes, read: Callable[[str, bytes], Reading]) -> Reading:
    from knowledge_base.importing.archives import files_of

    reading = Reading()
    for each in files_of(data, name):
        reading += Reading(problems=(each,)) if isinstance(each, Problem) else read(*each)
    if not reading.documents and not reading.problems:
        return _refused(name, "压缩包是空的", "请确认是否打包完整")
    return reading


def _unreadable(why: str, what_to_do: str) -> Callable[[str, bytes, int], Reading]:
    def reader(name: str, data: bytes, depth: int) -> Reading:
        return _refused(name, why, what_to_do)

    return reader


def _unknown(name: str, data: bytes, depth: int) -> Reading:
    suffix = PurePosixPath(name).suffix.lower().lstrip(".")
    if suffix in ("docx", "doc", "wps", "pdf", "xlsx", "xls", "zip", "rtf"):
        return _refused(name, f"扩展名是 .{suffix}，内容却不是，可能已损坏或改过名", _DAMAGED)
    return _refused(name, "不是能读的格式", "可导入 docx、doc、pdf、html、txt、xlsx、xls、csv 和它们的 zip")


_READERS: dict[FileKind, Callable[[str, bytes, int], Reading]] = {
    FileKind.DOCX: _text(_docx),
    FileKind.DOC: _text(_doc),
    FileKind.RTF: _text(_rtf),
    FileKind.PDF: _text(_pdf),
    FileKind.HTML: _text(_html),
    FileKind.TEXT: _text(_plain),
    FileKind.WORKBOOK: _workbook,
    FileKind.CSV: _csv,
    FileKind.ZIP: _zip,
    FileKind.IMAGE: _unreadable("是图片", "请先做文字识别（OCR），存成 Word 或文本后再导入"),
    FileKind.ARCHIVE: _unreadable("是 rar、7z 等压缩包，这里只认 zip", "请解压后重新打成 zip"),
    FileKind.OFD: _unreadable("是 OFD 版式文件，这里还不能读", "请用阅读器另存为 PDF 或 Word 后再导入"),
    FileKind.SLIDES: _unreadable("是演示文稿", "请把文字存成 Word 或文本后再导入"),
    FileKind.UNKNOWN: _unknown,
}


def _reason(kind: FileKind, error: Exception) -> str:
    """What went wrong, in words; an error's own text may hold paths or bytes and is never shown."""
    name = type(error).__name__
    if name == "Encrypted" or (isinstance(error, RuntimeError) and "password" in str(error)):
        return "加了密码"
    if name == "TooLarge":
        return "解开后太大，可能是压缩炸弹，没有读取"
    if name == "NoConverter":
        from knowledge_base.importing.old_word import INSTALL

        return f"是旧版 Word 文件，本机没有能读它的程序；可另存为 docx，或请管理员安装：{INSTALL}"
    if name == "NoText":
        return "不是文字文件"
    if isinstance(error, zipfile.BadZipFile):
        return f"{usual_suffixes(kind)} 文件已损坏，无法打开"
    return f"{usual_suffixes(kind)} 文件已损坏或不完整，无法读取"


def _mismatch(name: str, kind: FileKind) -> Reading:
    suffix = PurePosixPath(name).suffix.lower().lstrip(".")
    usual = usual_suffixes(kind)
    if (
        not suffix
        or not usual
        or suffix in usual.split("/")
        or len(suffix) > 5
        or kind in (FileKind.UNKNOWN, FileKind.IMAGE)
    ):
        return Reading()
    said = f"扩展名是 .{suffix}，内容其实是 {usual.split('/')[0]}，已按内容读取"
    return Reading(problems=(Problem(name, said, "", severity=Severity.CHECK),))


def _refused(name: str, why: str, what_to_do: str) -> Reading:
    return Reading(problems=(Problem(name, why, what_to_do),))
