"""WeChat's sealed envelope: AES-256-CBC around ``random(16) + length(4) + xml + app_id``, padded to 32.

The cipher is wechatpy's. The framing is ours, because wechatpy checks neither padding nor length and draws
its random bytes from a generator that is not meant for secrets.
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

from wechatpy.crypto.base import WeChatCipher

_BLOCK = 32
_HEAD = 16 + 4
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
    """The texts of ``<Encrypt>`` elements, taken without parsing XML that nobody has vouched for.

    More than one can occur in compatible mode, where a citizen may have typed ``<Encrypt>`` into the plain
    part; the message signature tells which is the platform's.
    """
    matches = _ENCRYPT.finditer(body)
    return [match.group(1).decode("ascii") for match, _ in zip(matches, range(_MAX_CANDIDATES), strict=False)]


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
        frame = _unframe(_cipher(key).decrypt(ciphertext))
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
    sealed: bytes = _cipher(key).encrypt(frame + bytes([pad]) * pad)
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


def _cipher(key: str) -> WeChatCipher:
    return WeChatCipher(base64.b64decode(key + "="))
