"""Files inside a zip: names in GBK put right, paths that climb out and bombs refused, one file at a time."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from knowledge_base.importing.document import Problem
from knowledge_base.importing.limits import MAX_FILE_BYTES, MAX_FILES, MAX_RATIO, MAX_UNPACKED_BYTES

_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


def files_of(data: bytes, source: str) -> Iterator[tuple[str, bytes] | Problem]:
    """Each file as (archive/name, bytes), or why it was left out. Raises ``zipfile.BadZipFile``."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [member for member in archive.infolist() if not member.is_dir() and not _is_junk(member)]
        if len(members) > MAX_FILES:
            yield Problem(
                source, f"里面有 {len(members)} 个文件，一次最多 {MAX_FILES} 个", "请分成几个压缩包"
            )
            return
        room = MAX_UNPACKED_BYTES
        for member in members:
            name = f"{source}/{_name(member)}"
            if refused := _refused(member, name, room):
                yield refused
                continue
            try:
                with archive.open(member) as packed:
                    content = packed.read(MAX_FILE_BYTES + 1)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
                yield Problem(name, "在压缩包里已损坏或加了密码", "请解压后单独导入")
                continue
            if len(content) > MAX_FILE_BYTES:
                yield _too_large(name)
                continue
            room -= len(content)
            yield name, content


def _refused(member: zipfile.ZipInfo, name: str, room: int) -> Problem | None:
    path = PurePosixPath(_name(member))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return Problem(name.replace("..", "…"), "文件路径指向压缩包之外，没有读取", "请重新打包")
    if member.flag_bits & 1:
        return Problem(name, "加了密码", "请解除密码后再导入")
    if member.file_size > MAX_FILE_BYTES:
        return _too_large(name)
    if member.file_size > 10_000_000 and member.file_size > MAX_RATIO * max(1, member.compress_size):
        return Problem(name, "压缩比异常，可能是压缩炸弹，没有读取", "请确认文件来源")
    if member.file_size > room:
        return Problem(
            name,
            f"压缩包解开后超过 {MAX_UNPACKED_BYTES // 1024 // 1024} MB，其余没有读取",
            "请分成几个压缩包",
        )
    return None


def _too_large(name: str) -> Problem:
    return Problem(name, f"超过 {MAX_FILE_BYTES // 1024 // 1024} MB，没有读取", "请拆分或压缩图片后再导入")


def _name(member: zipfile.ZipInfo) -> str:
    """The name in UTF-8 when it says so; otherwise what a Chinese Windows meant (zipfile reads it as cp437)."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            return name
        for encoding in ("utf-8", "gb18030"):
            try:
                return raw.decode(encoding).replace("\\", "/")
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _is_junk(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    return path.name.startswith(("~$", "._")) or any(junk in path.parts for junk in _JUNK)
