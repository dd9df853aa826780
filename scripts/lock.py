"""Write requirements.lock from pyproject.toml, or check that it still fits: ``python scripts/lock.py write|check``.

The lock is a pip constraints file: ``name==version`` lines and nothing else, for the project's own dependencies
and all its extras.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parent.parent
_LOCK = _ROOT / "requirements.lock"
_PIN = re.compile(r"([a-z0-9-]+)==([A-Za-z0-9.!+_-]+)")
_NOT_PINNED = {"huiyin", "pip", "setuptools", "wheel"}


def write() -> None:
    """Install the project with all its extras into a fresh environment and write down what came."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = ",".join(sorted(project["optional-dependencies"]))
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        python = [f"{directory}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*python, "install", "-qq", f"{_ROOT}[{extras}]"], check=True)  # noqa: S603 (our own pip)
        listed = subprocess.run(  # noqa: S603 (our own pip)
            [*python, "list", "--format=freeze"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
    pins = dict(line.split("==") for line in listed.split())
    lines = sorted(
        f"{canonicalize_name(name)}=={version}"
        for name, version in pins.items()
        if canonicalize_name(name) not in _NOT_PINNED
    )
    _LOCK.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{_LOCK.name}: {len(lines)} packages\n")


def complaints() -> list[str]:
    """Say what is wrong with the lock, judged by pyproject.toml and by the metadata of what is installed."""
    lines = _LOCK.read_text(encoding="utf-8").splitlines()
    pins = {match[1]: match[2] for line in lines if (match := _PIN.fullmatch(line))}
    found = [f"not a line of the form name==version: {line}" for line in lines if not _PIN.fullmatch(line)]
    if lines != sorted(lines):
        found.append("the lines are not sorted")
    required, complete = _requirements()
    for requirement in required:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            found.append(f"{requirement} is not pinned")
        elif not requirement.specifier.contains(pin, prereleases=True):
            found.append(f"{requirement} does not admit the pinned {pin}")
    if complete:
        unused = pins.keys() - {canonicalize_name(requirement.name) for requirement in required}
        found.extend(f"{name} is pinned and nothing requires it" for name in sorted(unused))
    return sorted(set(found))


def _requirements() -> tuple[list[Requirement], bool]:
    """All requirements, direct and of what they require; and whether all of those are installed to be asked."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    to_visit = [
        Requirement(text) for text in [*project["dependencies"], *(r for e in extras.values() for r in e)]
    ]
    required: dict[str, Requirement] = {}
    complete = True
    while to_visit:
        requirement = to_visit.pop()
        name = canonicalize_name(requirement.name)
        if name in _NOT_PINNED or str(requirement) in required:
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        required[str(requirement)] = requirement
        try:
            texts = distribution(name).requires or []
        except PackageNotFoundError:
            complete = False
            continue
        for child in map(Requirement, texts):
            wanted = ["", *requirement.extras]
            if child.marker is None or any(child.marker.evaluate({"extra": extra}) for extra in wanted):
                child.marker = None
                to_visit.append(child)
    return list(required.values()), complete


def main(arguments: list[str]) -> int:
    if arguments == ["write"]:
        write()
        return 0
    if arguments == ["check"]:
        found = complaints()
        for complaint in found:
            sys.stderr.write(f"{_LOCK.name}: {complaint}\n")
        if found:
            sys.stderr.write("Run: make lock\n")
        return 1 if found else 0
    sys.stderr.write("Usage: python scripts/lock.py write|check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
