"""Two implementations of WeChat's envelope in another language open what we seal, and seal what we open."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.wechat.accounts import Account
from bot.wechat.codec import open_push_with_key, seal_reply
from bot.wechat.envelope import open_envelope, seal_envelope, signature_of
from bot.wechat.messages import IncomingMessage, MessageKind
from bot.wechat.xml_text import cdata

PEERS = ("wechat-crypto", "wecom")
TEXTS = 1200
INSTALL_WITHIN_S = 120
_HERE = Path(__file__).resolve().parent / "node"
_PIECES = (
    "路灯坏了",
    "😀👨‍👩‍👧‍👦🏳️‍🌈",
    "𠮷野家𠀀",
    "<xml><Content><![CDATA[x]]></Content>",
    "]]>",
    "&amp;&#1;",
    "<!DOCTYPE x>",
    "\n\t",
    "é\u0301\u200b\ufeff",
    '"Encrypt":"YWJj"',
    "A" * 31,
    "B" * 33,
)


def texts(count: int = TEXTS) -> list[str]:
    """Empty, short, at every place of the padding block, long, and everything that has to be escaped somewhere."""
    dice = random.Random(20261122)
    lengths = ["甲" * n + "a" * m for n in range(8) for m in range(32)]
    mixed = ["".join(dice.choices(_PIECES, k=dice.randrange(1, 12))) for _ in range(count - len(lengths) - 3)]
    return ["", "长" * 10_000, "😀" * 5_000, *lengths, *mixed]


@pytest.fixture(scope="session")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages, installed exactly as locked; skipped where there is no Node, no npm or no registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs Node and npm")
    directory = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "peers.js"):
        shutil.copy(_HERE / name, directory)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=INSTALL_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the registry of npm does not answer")
    if done.returncode:
        assert "EINTEGRITY" not in done.stderr, done.stderr
        pytest.skip(f"npm could not install: {done.stderr.strip()[-300:]}")
    return directory


@pytest.fixture
def ask(peers: Path, account: Account) -> Any:
    """Have many jobs done by the other side."""

    def run(jobs: list[dict[str, str]]) -> list[Any]:
        lines = "".join(json.dumps(job) + "\n" for job in jobs)
        command = ["node", "peers.js", account.token, account.encoding_aes_key, account.app_id]
        done = subprocess.run(
            command, cwd=peers, input=lines, capture_output=True, encoding="utf-8", timeout=60
        )
        assert done.returncode == 0, done.stderr[-2000:]
        # Not splitlines: some texts hold characters that it takes for line ends.
        return [json.loads(line) for line in done.stdout.split("\n")[:-1]]

    return run


@pytest.mark.parametrize("peer", PEERS)
def test_what_others_seal_we_open(ask: Any, account: Account, peer: str) -> None:
    sealed = ask([{"do": "seal", "by": peer, "text": text} for text in texts()])
    assert len(sealed) == TEXTS
    assert len(set(sealed)) == TEXTS
    for text, envelope in zip(texts(), sealed, strict=True):
        opened = open_envelope(envelope, keys=account.aes_keys, app_id=account.app_id)
        assert opened.xml.decode() == text


@pytest.mark.parametrize("peer", PEERS)
def test_what_we_seal_others_open(ask: Any, account: Account, peer: str) -> None:
    key, app_id = account.encoding_aes_key, account.app_id
    jobs = [
        {"do": "open", "by": peer, "sealed": seal_envelope(text.encode(), key=key, app_id=app_id)}
        for text in texts()
    ]
    assert ask(jobs) == [{"message": text, "id": app_id} for text in texts()]


@pytest.mark.parametrize("peer", PEERS)
def test_a_whole_push_of_theirs_is_a_message_and_our_reply_a_reply_to_them(
    ask: Any, account: Account, now: datetime, peer: str
) -> None:
    said = [text for text in texts(400) if len(text) < 3000 and text.strip()]
    pushes = [
        f"<xml><ToUserName>{cdata('gh_county')}</ToUserName><FromUserName>{cdata('oCitizen_One')}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType>{cdata('text')}</MsgType>"
        f"<Content>{cdata(text)}</Content><MsgId>{number + 1}</MsgId></xml>"
        for number, text in enumerate(said)
    ]
    sealed = ask([{"do": "seal", "by": peer, "text": push} for push in pushes])
    stamp = {"timestamp": str(int(now.timestamp())), "nonce": "1514711492"}
    signed = ask([{"do": "sign", "by": peer, "sealed": envelope, **stamp} for envelope in sealed])
    url = stamp | {"signature": signature_of(account.token, *stamp.values()), "encrypt_type": "aes"}
    for text, envelope, signature in zip(said, sealed, signed, strict=True):
        body = f"<xml><ToUserName>gh_county</ToUserName><Encrypt><![CDATA[{envelope}]]></Encrypt></xml>"
        push = open_push_with_key(account, url | {"msg_signature": signature}, body.encode(), now)
        assert push.message.content == text.replace("\r", "\n").strip()
    # And back: our signature is theirs, and they open our reply.
    message = IncomingMessage(
        account.name, "oCitizen_One", MessageKind.TEXT, "1", now, addressed_to="gh_county"
    )
    key = account.encoding_aes_key
    reply = seal_reply(account, message, "您好 😀", now=now, nonce=stamp["nonce"], key=key, as_json=True)
    parts = json.loads(reply)
    (theirs,) = ask([{"do": "sign", "by": peer, "sealed": parts["Encrypt"], **stamp}])
    assert theirs == parts["MsgSignature"]
    (opened,) = ask([{"do": "open", "by": peer, "sealed": parts["Encrypt"]}])
    assert json.loads(opened["message"])["Content"] == "您好 😀"
