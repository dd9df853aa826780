"""How our own calls of a city's machines are signed: the SMS gateway's and the hotline platform's alike."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime


def signed_headers(secret: str, body: bytes, *, key: str, now: datetime) -> dict[str, str]:
    """For a JSON body. The signature is HMAC-SHA256 in hexadecimal over timestamp, full stop and body; ``key`` is the same
    at each attempt, so that the machine takes it once."""
    timestamp = str(int(now.timestamp()))
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": key,
        "X-Huiyin-Timestamp": timestamp,
        "X-Huiyin-Signature": signed.hexdigest(),
    }
