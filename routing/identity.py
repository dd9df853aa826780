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
    and record; bytes moved to another record do not open. ``previous`` secrets still open, find and recognise
    what they sealed, indexed or gave out; whatever is made anew is made under the first.
    """

    def __init__(self, secret_key: bytes, *, previous: tuple[bytes, ...] = ()) -> None:
        if len(secret_key) < 32:
            raise ValueError("the secret key needs at least 32 bytes")
        keys = [_derive(secret, b"seal") for secret in (secret_key, *previous)]
        self._ciphers = {hashlib.sha256(key).digest()[:_KEY_ID_BYTES]: AESGCM(key) for key in keys}
        self._key_id = hashlib.sha256(keys[0]).digest()[:_KEY_ID_BYTES]
        secrets = (secret_key, *previous)
        self._index_keys = [_derive(secret, b"index") for secret in secrets]
        self._code_keys = [_derive(secret, b"query-code") for secret in secrets]

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
        return self.blind_indexes(value, field=field)[0]

    def blind_indexes(self, value: str, *, field: str) -> list[str]:
        """The index under every key, the present one first: what a look-up must try."""
        text = f"{field}\x00{value}".encode()
        return [hmac.digest(key, text, "sha256").hex() for key in self._index_keys]

    def query_code(self, number: str) -> str:
        """Six digits that let whoever filed ``number`` see its progress; derived, so never stored."""
        return self._query_codes(number)[0]

    def is_query_code(self, number: str, code: str) -> bool:
        """Whether ``code`` was given out for ``number``, before a key rotation or since."""
        return any(hmac.compare_digest(c.encode(), code.encode()) for c in self._query_codes(number))

    def _query_codes(self, number: str) -> list[str]:
        digests = (hmac.new(key, number.encode(), hashlib.sha256).digest() for key in self._code_keys)
        return [f"{int.from_bytes(digest[:8]) % 1_000_000:06d}" for digest in digests]


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
    if len(phone) < 11:
        # Seven to ten digits are a local number: two of them are enough to recognise it by.
        return "*" * (len(phone) - 2) + phone[-2:]
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"


def normalise_phone(phone: str) -> str:
    """Digits alone, without +86: what the blind index of a phone number is made of."""
    digits = re.sub(r"\D", "", phone)
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"huiyin/" + purpose).derive(secret)
