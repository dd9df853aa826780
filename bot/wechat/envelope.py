"""WeChat's sealed envelope: AES-256-CBC around ``random(16) + length(4) + xml + app_id``, padded to 32.

AES is ``cryptography``'s. The framing is ours, because wechatpy checks neither padding nor length, draws its random
bytes from a generator that is not meant for secrets, and costs three times as much.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_HEAD = 16 + 4
_JSON_ENCRYPT = re.compile(rb'"Encrypt"\s*:\s*"((?:[A-Za-z0-9+/=]|\\/){1,65536})"')
_ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/=]{1,65536})(?:\]\]>)?\s*</Encrypt>")
_MAX_CANDIDATES = 4


class Unreadable(Exception):
    """None of the account's keys opens this envelope."""


class WrongAppId(Exception):
    """The envelope opens, but was sealed for another account."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The XML inside, and the EncodingAESKey that opened it: the reply must be sealed with the same one."""

    xml: bytes
    key: str


def signature_of(*parts: str) -> str:
    """WeChat's signature: SHA-1 over the sorted parts. The platform chose SHA-1; the token is its secret."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def same(expected: str, given: str) -> bool:
    """Compare in constant time, whatever characters a stranger may have sent."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def find_envelopes(body: bytes) -> list[str]:
    """The texts of ``<Encrypt>`` or ``"Encrypt"``, taken without parsing what nobody has vouched for.

    More than one can occur in compatible mode, where a citizen may have typed ``<Encrypt>`` into the plain
    part; the message signature tells which is the platform's.
    """
    pattern = _JSON_ENCRYPT if body.lstrip()[:1] == b"{" else _ENCRYPT
    matches = zip(pattern.finditer(body), range(_MAX_CANDIDATES), strict=False)
    return [match.group(1).replace(b"\\/", b"/").decode("ascii") for match, _ in matches]


def open_envelope(sealed: str, *, keys: Sequence[str], app_id: str) -> Opened:
    """Try each EncodingAESKey in turn; raises Unreadable, or WrongAppId when only the addressee is wrong."""
    try:
        ciphertext = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        raise Unreadable from None
    if not ciphertext or len(ciphertext) % 16:
        raise Unreadable
    wrong_app_id = False
    for key in keys:
        decryptor = _cipher(key).decryptor()
        frame = _unframe(decryptor.update(ciphertext) + decryptor.finalize())
        if frame is None:
            continue
        xml, addressee = frame
        if hmac.compare_digest(addressee, app_id.encode()):
            return Opened(xml=xml, key=key)
        wrong_app_id = True
    if wrong_app_id:
        raise WrongAppId
    raise Unreadable


def seal_envelope(xml: bytes, *, key: str, app_id: str) -> str:
    """Seal with one EncodingAESKey. Two calls never give the same text: the first block is random."""
    frame = secrets.token_bytes(16) + len(xml).to_bytes(4, "big") + xml + app_id.encode()
    pad = _BLOCK - len(frame) % _BLOCK
    encryptor = _cipher(key).encryptor()
    sealed = encryptor.update(frame + bytes([pad]) * pad) + encryptor.finalize()
    return base64.b64encode(sealed).decode("ascii")


def _unframe(plain: bytes) -> tuple[bytes, bytes] | None:
    """Split into XML and app_id; None when the padding or the length cannot be right."""
    pad = plain[-1]
    if not 1 <= pad <= _BLOCK or plain[-pad:] != bytes([pad]) * pad:
        return None
    content = plain[:-pad]
    if len(content) < _HEAD:
        return None
    end = _HEAD + int.from_bytes(content[16:_HEAD], "big")
    if end > len(content):
        return None
    return content[_HEAD:end], content[end:]


@lru_cache(maxsize=64)
def _cipher(key: str) -> Cipher[modes.CBC]:
    """One for each key of the accounts; what it makes carries the state, not it."""
    raw = base64.b64decode(key + "=")
    return Cipher(algorithms.AES(raw), modes.CBC(raw[:16]))
