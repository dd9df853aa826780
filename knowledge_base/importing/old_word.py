"""Old Word files (.doc) and RTF, by programs that are not ours: antiword, or LibreOffice where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from knowledge_base.importing.document import Raw
from knowledge_base.importing.lines import hanzi, is_scrambled, rejoined

INSTALL = "sudo apt-get install -y antiword（或 libreoffice-writer-nogui）"
_SECONDS = 45


class NoConverter(RuntimeError):
    """No program on this machine reads such a file."""


class NotConverted(ValueError):
    """The program could not make anything of the file."""


def read_doc(data: bytes) -> Raw:
    """By antiword first (fast), by LibreOffice where that gives nothing. Raises ``NoConverter``, ``NotConverted``."""
    tried = False
    with tempfile.TemporaryDirectory(prefix="huiyin-doc-") as folder:
        path = Path(folder) / "file.doc"
        path.write_bytes(data)
        if program := shutil.which("antiword"):
            tried = True
            text = _antiword(program, path)
            if hanzi(text) >= 10 and not is_scrambled(text):
                return Raw(tuple(_tidied(text)))
    if shutil.which("soffice"):
        return _by_office(data, "doc")
    raise NotConverted if tried else NoConverter


def read_rtf(data: bytes) -> Raw:
    """By LibreOffice alone. Raises ``NoConverter``, ``NotConverted``."""
    if not shutil.which("soffice"):
        raise NoConverter
    return _by_office(data, "rtf")


def _antiword(program: str, path: Path) -> str:
    # No line width: one paragraph a line. Errors on stderr name the machine's paths and are not shown.
    command = [program, "-m", "UTF-8.txt", "-w", "0", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else ""


def _by_office(data: bytes, suffix: str) -> Raw:
    from knowledge_base.importing.word import read_docx  # python-docx is needed here only

    with tempfile.TemporaryDirectory(prefix="huiyin-doc-") as folder:
        path = Path(folder) / f"file.{suffix}"
        path.write_bytes(data)
        command = [
            "soffice",
            "--headless",
            "--norestore",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to",
            "docx",
            "--outdir",
            folder,
            str(path),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        except (subprocess.TimeoutExpired, OSError):
            raise NotConverted from None
        made = Path(folder) / "file.docx"
        if not made.is_file():
            raise NotConverted
        return read_docx(made.read_bytes())


def _tidied(text: str) -> list[str]:
    """antiword frames table cells with bars; its picture marks are no text."""
    lines = []
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("|") and bare.endswith("|"):
            cells = [re.sub(r"\s+", " ", cell).strip() for cell in bare.strip("|").split("|")]
            line = " | ".join(cells) if any(cells) else ""
        lines.append("" if bare == "[pic]" else line)
    return rejoined(lines)
