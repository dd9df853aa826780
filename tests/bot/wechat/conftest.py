"""The platform's side of the wire, written on ``cryptography`` alone so that it can contradict ours."""

from __future__ import annotations

import base64
import hashlib
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.wechat.accounts import Account, Mode

CURRENT_KEY = base64.b64encode(bytes(range(32))).decode()[:43]
PREVIOUS_KEY = base64.b64encode(bytes(range(32, 64))).decode()[:43]
STRANGE_KEY = base64.b64encode(bytes(range(64, 96))).decode()[:43]
PAYLOADS = Path(__file__).resolve().parents[2] / "payloads" / "wechat"


def sha1_of_sorted(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def encrypt(xml: bytes, key: str, app_id: str, *, pad: int | None = None, length: int | None = None) -> str:
    """``pad`` and ``length`` write wrong values where WeChat would write the right ones."""
    raw = base64.b64decode(key + "=")
    frame = (
        os.urandom(16) + (len(xml) if length is None else length).to_bytes(4, "big") + xml + app_id.encode()
    )
    fill = 32 - len(frame) % 32
    frame += bytes([fill if pad is None else pad]) * fill
    encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    return base64.b64encode(encryptor.update(frame) + encryptor.finalize()).decode()


def decrypt(sealed: str, key: str) -> tuple[str, str]:
    raw = base64.b64decode(key + "=")
    decryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).decryptor()
    frame = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    frame = frame[: -frame[-1]]
    end = 20 + int.from_bytes(frame[16:20], "big")
    return frame[20:end].decode(), frame[end:].decode()


@dataclass(frozen=True)
class PlatformSide:
    """Signs, seals and reads replies as WeChat does."""

    account: Account
    now: datetime
    current_key: str = CURRENT_KEY
    previous_key: str = PREVIOUS_KEY
    strange_key: str = STRANGE_KEY

    def query(self, *, at: datetime | None = None, nonce: str = "1514711492", **extra: str) -> dict[str, str]:
        timestamp = str(int((at or self.now).timestamp()))
        signature = sha1_of_sorted(self.account.token, timestamp, nonce)
        return {"signature": signature, "timestamp": timestamp, "nonce": nonce, **extra}

    def sealed_push(
        self,
        xml: bytes | str,
        *,
        key: str = CURRENT_KEY,
        app_id: str | None = None,
        at: datetime | None = None,
        nonce: str = "1514711492",
    ) -> tuple[dict[str, str], bytes]:
        content = xml.encode() if isinstance(xml, str) else xml
        return self.wrap(encrypt(content, key, app_id or self.account.app_id), at=at, nonce=nonce)

    def wrap(
        self, sealed: str, *, at: datetime | None = None, nonce: str = "1514711492"
    ) -> tuple[dict[str, str], bytes]:
        query = self.query(at=at, nonce=nonce, openid="oCitizen_One", encrypt_type="aes")
        query["msg_signature"] = sha1_of_sorted(self.account.token, query["timestamp"], nonce, sealed)
        body = f"<xml><ToUserName><![CDATA[gh_county]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        return query, body.encode()

    def malformed_frame(self, xml: bytes, **wrong: int) -> tuple[dict[str, str], bytes]:
        return self.wrap(encrypt(xml, CURRENT_KEY, self.account.app_id, **wrong))

    def read_reply(self, reply: str, *, key: str = CURRENT_KEY) -> dict[str, str]:
        """The inner elements of a sealed reply whose signature and addressee are right."""
        outer = {leaf.tag: leaf.text or "" for leaf in ElementTree.fromstring(reply)}
        expected = sha1_of_sorted(self.account.token, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
        assert outer["MsgSignature"] == expected
        xml, app_id = decrypt(outer["Encrypt"], key)
        assert app_id == self.account.app_id
        return self.read_plain(xml)

    def read_plain(self, xml: str) -> dict[str, str]:
        leaves = [(leaf.tag, leaf.text or "") for leaf in ElementTree.fromstring(xml)]
        assert len(dict(leaves)) == len(leaves), "an element was injected"
        return dict(leaves)


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime.fromtimestamp(1793581200, UTC)


@pytest.fixture(scope="session")
def account() -> Account:
    return Account(
        name="county",
        title="示范县人民政府",
        app_id="wx0000000000000001",
        secret="app-secret-of-the-county",
        token="AAAAA",
        encoding_aes_key=CURRENT_KEY,
        previous_aes_key=PREVIOUS_KEY,
        mode=Mode.SAFE,
    )


@pytest.fixture(scope="session")
def platform(account: Account, now: datetime) -> PlatformSide:
    return PlatformSide(account=account, now=now)


@pytest.fixture(scope="session")
def payload() -> Callable[[str], bytes]:
    return lambda name: (PAYLOADS / f"{name}.xml").read_bytes().strip()
