"""The measuring script prints the baseline beside ours, and says so where there is nothing to measure on."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

from tests.classifier.messages import made_up

_ROOT = Path(__file__).parents[2]


def _measure(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/measure_classifier.py", "--data", str(folder), "--json"],
        cwd=_ROOT,
        env={"PYTHONPATH": str(_ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )


def test_without_the_public_data_it_skips_visibly(tmp_path: Path) -> None:
    said = _measure(tmp_path).stderr
    assert "SKIPPED topic7" in said
    assert "SKIPPED letters" in said


def test_baseline_and_ours_stand_side_by_side(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "letters.jsonl.gz", "wt", encoding="utf-8") as lines:
        for row in made_up(90):
            lines.write(json.dumps({"text": row.text, "function": row.label}, ensure_ascii=False) + "\n")
    told = json.loads(_measure(tmp_path).stdout)
    assert set(told) == {"letters"}
    assert told["letters"]["baseline"]["rows"] == told["letters"]["ours"]["rows"] == 90
