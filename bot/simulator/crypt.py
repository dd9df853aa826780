"""The platform's side of WeChat's encryption, written apart from the service's so that each proves the other."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
"""WeChat pads to 32 bytes although AES blocks have 16."""


class BadCiphertext(Exception):
    """The text cannot have been encrypted with this account's key; the message says what is wrong."""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts, as WeChat signs URLs (three parts) and encrypted bodies (four)."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324  the platform's rule


def same(left: str, right: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


class PushCipher:
    """AES-256-CBC under an account's EncodingAESKey (43 characters), sealed to its app id."""

    def __init__(self, *, encoding_aes_key: str, app_id: str) -> None:
        if len(encoding_aes_key) != 43:
            raise ValueError("an EncodingAESKey has 43 characters")
        self._key = base64.b64decode(encoding_aes_key + "=", validate=True)
        self._app_id = app_id.encode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def seal(self, xml: str) -> str:
        """Encrypt; twice the same XML gives two different texts."""
        content = xml.encode()
        plain = secrets.token_bytes(16) + len(content).to_bytes(4, "big") + content + self._app_id
        fill = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def open(self, encrypted: str) -> str:
        """Decrypt and check padding, length and app id, each of which a wrong key or account breaks."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except binascii.Error as wrong:
            raise BadCiphertext("Encrypt 不是 Base64") from wrong
        if not sealed or len(sealed) % 16:
            raise BadCiphertext("密文长度不对")
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(sealed) + decryptor.finalize()
        fill = plain[-1]
        if not 1 <= fill <= BLOCK or plain[-fill:] != bytes([fill]) * fill:
            raise BadCiphertext("填充不对(密钥不一致)")
        body = plain[16:-fill]
        length = int.from_bytes(body[:4], "big")
        content, app_id = body[4 : 4 + length], body[4 + length :]
        if len(content) != length or app_id != self._app_id:
            raise BadCiphertext("AppID 不一致")
        try:
            return content.decode()
        except UnicodeDecodeError as wrong:
            raise BadCiphertext("明文不是 UTF-8") from wrong
