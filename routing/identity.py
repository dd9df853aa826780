"""Who asked, kept apart from what was asked: sealed, masked, found only by blind index (domain §5)."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_KEY_ID_BYTES = 4


class SealBroken(Exception):
    """Sealed bytes were altered, moved to another record, or sealed under a key that is not loaded."""


class Vault:
    """Seals bytes with AES-256-GCM and makes blind indexes, under keys derived from one secret.

    Sealed layout: format (1) | key id (4) | nonce (12) | ciphertext and tag. ``about`` names collection, field
    and record; bytes moved to another record do not open. ``previous`` secrets open what they sealed, so keys
    rotate by re-sealing at leisure; blind indexes use the first secret only.
    """

    def __init__(self, secret_key: bytes, *, previous: tuple[bytes, ...] = ()) -> None:
        if len(secret_key) < 32:
            raise ValueError("the secret key needs at least 32 bytes")
        keys = [_derive(secret, b"seal") for secret in (secret_key, *previous)]
        self._ciphers = {hashlib.sha256(key).digest()[:_KEY_ID_BYTES]: AESGCM(key) for key in keys}
        self._key_id = hashlib.sha256(keys[0]).digest()[:_KEY_ID_BYTES]
        self._index_key = _derive(secret_key, b"index")
        self._code_key = _derive(secret_key, b"query-code")

    def seal(self, plain: bytes, *, about: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._key_id].encrypt(nonce, plain, about.encode())
        return _FORMAT + self._key_id + nonce + sealed

    def open(self, sealed: bytes, *, about: str) -> bytes:
        """The plain bytes; raises ``SealBroken``."""
        head = len(_FORMAT)
        key_id = sealed[head : head + _KEY_ID_BYTES]
        nonce = sealed[head + _KEY_ID_BYTES : head + _KEY_ID_BYTES + _NONCE_BYTES]
        cipher = self._ciphers.get(key_id)
        if sealed[:head] != _FORMAT or cipher is None:
            raise SealBroken(about)
        try:
            return cipher.decrypt(nonce, sealed[head + _KEY_ID_BYTES + _NONCE_BYTES :], about.encode())
        except InvalidTag:
            raise SealBroken(about) from None

    def blind_index(self, value: str, *, field: str) -> str:
        """A keyed hash to look a value up by without storing it; the same value differs between fields."""
        return hmac.new(self._index_key, f"{field}\x00{value}".encode(), hashlib.sha256).hexdigest()

    def query_code(self, number: str) -> str:
        """Six digits that let whoever filed ``number`` see its progress; derived, so never stored."""
        digest = hmac.new(self._code_key, number.encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


@dataclass(frozen=True, slots=True)
class MaskedCitizen:
    """What everybody with a right to the ticket may see: 王** and 138****5678."""

    name: str | None
    phone: str | None
    reachable_on_wechat: bool


def mask_name(name: str | None) -> str | None:
    return name[0] + "*" * min(len(name) - 1, 2) if name else None


def mask_phone(phone: str | None) -> str | None:
    if not phone:
        return None
    if len(phone) < 7:
        return "*" * len(phone)
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"


def normalise_phone(phone: str) -> str:
    """Digits alone, without +86: what the blind index of a phone number is made of."""
    digits = re.sub(r"\D", "", phone)
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"huiyin/" + purpose).derive(secret)
