"""The script that measures duplicates and hot spots runs on sets of the public ones' shape, and says so where there are none."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "measure_duplicates.py"
STREETS = ("和平路", "解放路", "建设路", "人民路", "中山路", "东风路", "新华路", "长江路")
TROUBLES = (
    "路灯坏了三天一片漆黑",
    "井盖丢失很危险",
    "烧烤摊油烟熏人",
    "公交车半小时才来一班",
    "垃圾没有人清运臭气熏天",
)
MIXER = (
    "锦绣花园旁边的搅拌站昼夜施工，机器轰鸣，扬尘很大，老人孩子都睡不好。",
    "我是锦绣花园业主，小区旁边建了搅拌站，晚上噪音大，扬尘飘进家里。",
    "投诉锦绣花园附近的搅拌站，半夜还在生产，粉尘污染严重。",
    "锦绣花园搅拌站噪音扰民，水泥车进进出出，扬尘满天。",
    "请管管锦绣花园边上的搅拌站，机器声整夜不停，窗户不敢开，全是扬尘。",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def test_without_the_sets_it_says_so_and_ends_well(tmp_path: Path) -> None:
    ended = run("--data", str(tmp_path / "nowhere"))
    assert ended.returncode == 0
    assert "SKIPPED" in ended.stderr


def test_copies_judged_pairs_and_a_hot_spot_are_found_beside_the_baseline(tmp_path: Path) -> None:
    texts = [f"{street}{trouble}，请尽快处理。" for street in STREETS for trouble in TROUBLES]
    texts += [f"{texts[0]}再次反映，{texts[0]}", *MIXER]
    times = [f"2023-{1 + at // 5:02}-{1 + at % 5:02}" for at in range(len(texts) - len(MIXER))]
    times += ["2023-11-20"] * len(MIXER)
    write(
        tmp_path,
        "recent_messages",
        [{"topic": text[:8], "detail": text, "time": at} for text, at in zip(texts, times, strict=True)],
    )
    write(
        tmp_path,
        "letters",
        [
            {"text": f"{t[:8]}\n{t}", "sent": at, "district": "东区"}
            for t, at in zip(texts, times, strict=True)
        ],
    )
    write(tmp_path, "topic7", [{"text": f"{text[:8]}\n{text}"} for text in texts])
    judged = tmp_path / "judged.jsonl"
    last = len(texts) - 1
    pairs = [(last - 1, last, 1), (last - 2, last, 1), (0, 1, 0), (5, last, 0)]
    judged.write_text(
        "\n".join(
            json.dumps({"set": "recent_messages", "i": i, "j": j, "w": 2.0, "y": y}) for i, j, y in pairs
        ),
        encoding="utf-8",
    )
    warned = tmp_path / "warned.jsonl"
    ended = run("--data", str(tmp_path), "--judged", str(judged), "--warned", str(warned), "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["recent_messages"]["copies"]["found_among_nearest"] == 1.0
    assert told["recent_messages"]["judged"]["ours"]["average_precision"] == 1.0
    assert "hot_spots" not in told["topic7"]
    mixer = set(range(len(texts) - len(MIXER), len(texts)))
    for line in map(json.loads, warned.read_text(encoding="utf-8").splitlines()):
        if line["method"] == "ours" and mixer & set(line["final"]):
            assert set(line["final"]) == mixer
            assert line["at"] == "2023-11-20T01:00:00+00:00"
            break
    else:
        raise AssertionError("nobody was warned of the mixer")


def test_judgements_are_kept_by_row_and_fingerprint_and_left_out_where_the_rows_are_others(
    tmp_path: Path,
) -> None:
    kept = (ROOT / "tests" / "routing" / "data" / "judged_duplicates.csv").read_text(encoding="utf-8")
    lines = kept.splitlines()
    assert len(lines) == 468
    assert all(re.fullmatch(r"\w+,\d+,\d+,[0-9a-f]{12},[0-9a-f]{12},[\d.]+,[01]", line) for line in lines[1:])
    texts = [f"{street}{trouble}，请尽快处理。" for street in STREETS for trouble in TROUBLES]
    texts.append(f"{texts[0]}再次反映，{texts[0]}")
    for name in ("recent_messages", "letters", "topic7"):
        write(tmp_path, name, [{"text": text} for text in texts])
    ended = run("--data", str(tmp_path), "--json")
    assert ended.returncode == 0, ended.stderr
    assert "judged pairs are of other rows" in ended.stderr
    assert "judged" not in json.loads(ended.stdout)["topic7"]
