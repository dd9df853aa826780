"""How usual things are among messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval import commonness
from knowledge_base.retrieval.commonness import count_commonness, shipped_commonness
from knowledge_base.retrieval.reading import codes, pair_buckets, pair_keys

MESSAGES = [
    ("尊敬的领导,路灯不亮", ["/尊敬", "/领导", "/路灯"]),
    ("尊敬的领导,井盖破损", ["/尊敬", "/领导", "/井盖"]),
    ("尊敬的领导领导领导", ["/尊敬", "/领导", "/领导"]),
]


def buckets(pairs: str) -> NDArray[np.int64]:
    return pair_buckets(pair_keys(codes(pairs))).astype(np.int64)[: len(pairs) - 1]


def test_what_every_message_says_tells_less_than_what_one_says() -> None:
    counted = count_commonness(MESSAGES)
    words = counted.of_words(["/领导", "/路灯", "/直升机"])
    assert words[0] < words[1] < words[2]
    pairs = counted.of_pairs(np.concatenate((buckets("领导"), buckets("路灯"), buckets("飞机"))))
    assert pairs[0] < pairs[1] < pairs[2]
    singles = counted.of_singles(codes("领灯飞")[:3].astype(np.int64))
    assert singles[0] < singles[1] < singles[2]


def test_a_thing_said_often_in_one_message_counts_once() -> None:
    once = count_commonness([("领导", ["/领导"]), ("路灯", ["/路灯"])])
    often = count_commonness([("领导领导领导", ["/领导", "/领导"]), ("路灯", ["/路灯"])])
    assert once.of_words(["/领导"]) == often.of_words(["/领导"])
    assert once.of_pairs(buckets("领导")) == often.of_pairs(buckets("领导"))


def test_shares_are_of_the_messages() -> None:
    counted = count_commonness(MESSAGES * 100)
    shares = counted.read_singles(codes("领灯"))[1]
    assert abs(float(shares[0]) - 1) < 0.07
    assert abs(float(shares[1]) - 1 / 3) < 0.07
    assert abs(float(counted.read_pairs(buckets("领导").astype(np.uint32))[1][0]) - 1) < 0.07


def test_tables_are_saved_and_read_again(tmp_path: Path) -> None:
    counted = count_commonness(MESSAGES)
    counted.save(tmp_path / "commonness.npz")
    with np.load(tmp_path / "commonness.npz", allow_pickle=False) as tables:
        for name in ("singles", "pairs", "words"):
            assert (tables[name] == getattr(counted, name)).all()


def test_the_shipped_table_knows_how_letters_begin() -> None:
    words = shipped_commonness().of_words(["/领导", "/养犬"])
    assert words[0] < words[1]
    assert commonness.COMMONNESS_FILE.stat().st_size < 2_000_000
