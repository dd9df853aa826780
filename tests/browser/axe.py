"""axe-core on a page in a real browser: what somebody who cannot see well, or uses no mouse, would stumble over.

The checker is fetched once from the npm registry, which only tests need; without npm or the registry they are skipped.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from playwright.async_api import Page

VERSION = "4.10.3"
_SHA512 = "Xm7bpRXnDSX2YE2YFfBk2FnF0ep6tmG7xPh8iHee8MIcrgq762Nkce856dYtJYLkuIoYZvGfTs/PbZhideTcEg=="
_FETCH_WITHIN_S = 90
_RUN = """
async ([but, only]) => (await axe.run(
    {include: document, exclude: but},
    {resultTypes: ['violations'], ...(only.length ? {runOnly: only} : {})})).violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .flatMap(one => one.nodes.map(node => `${one.id}: ${node.target.join(' ')} (${one.help})`))
"""


def repeated(after: int) -> list[str]:
    """Lines of long lists and tables that are as so many before them: looking at hundreds takes minutes."""
    return [
        f"{where} > :nth-child(n+{after + 1})" for where in ("tbody", ".rows", ".bars", ".entries", ".queue")
    ]


COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that another scheme of colours can break; the others look at what is the same by day and by night."""


async def serious_violations(page: Page, *, but: Sequence[str] = (), only: Sequence[str] = ()) -> list[str]:
    """Each serious or critical violation of the page as it is now, apart from some of it; script must be on. ``only``
    names the rules, otherwise it is all of them."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_source())
    found: list[str] = await page.evaluate(_RUN, [list(but), list(only)])
    return found


@cache
def _source() -> str:
    """The checker's script; skips the test where it cannot be had."""
    archive = _cache() / f"axe-core-{VERSION}.tgz"
    if not archive.exists():
        _fetch(archive)
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != _SHA512:
        archive.unlink()
        pytest.fail("axe-core from the registry is not the one we know")
    with tarfile.open(archive) as packed:
        script = packed.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


def _cache() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huiyin-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _fetch(archive: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm: apt-get install npm")
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        command = [npm, "pack", f"axe-core@{VERSION}", "--silent"]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, timeout=_FETCH_WITHIN_S, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip("needs the npm registry: it does not answer")
        made = list(Path(folder).glob("*.tgz"))
        if done.returncode != 0 or not made:
            pytest.skip(f"needs the npm registry: {' '.join(command)} failed")
        # By its last name at once, whole: several processes may fetch it.
        made[0].replace(archive)
