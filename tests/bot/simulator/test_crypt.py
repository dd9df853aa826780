"""The platform's encryption agrees with wechatpy's, and nothing that is not ours opens."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot.simulator.crypt import BadCiphertext, PushCipher, signature

TOKEN, KEY, APP_ID = "a-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx0123456789abcdef"
CIPHER = PushCipher(encoding_aes_key=KEY, app_id=APP_ID)
WECHATPY = WeChatCrypto(TOKEN, KEY, APP_ID)
WORDS = st.text(alphabet=st.characters(codec="utf-8"), max_size=300)


@given(WORDS)
def test_what_we_seal_wechatpy_opens(text: str) -> None:
    encrypt = CIPHER.seal(text)
    msg_signature = signature(TOKEN, "1790000000", "n", encrypt)
    body = f"<xml><ToUserName>x</ToUserName><Encrypt>{encrypt}</Encrypt></xml>"
    assert WECHATPY.decrypt_message(body, msg_signature, "1790000000", "n") == text


@given(WORDS)
def test_what_wechatpy_seals_we_open(text: str) -> None:
    sealed = ElementTree.fromstring(WECHATPY.encrypt_message(text, "n", "1790000000"))
    encrypt = sealed.findtext("Encrypt") or ""
    assert CIPHER.open(encrypt) == text
    assert sealed.findtext("MsgSignature") == signature(TOKEN, "1790000000", "n", encrypt)


def test_the_same_words_are_never_sealed_twice_alike() -> None:
    assert CIPHER.seal("你好") != CIPHER.seal("你好")


@given(st.binary(max_size=200))
def test_what_nobody_sealed_does_not_open(noise: bytes) -> None:
    with pytest.raises(BadCiphertext):
        CIPHER.open(base64.b64encode(noise).decode())


@pytest.mark.parametrize(
    "other",
    [
        PushCipher(encoding_aes_key=KEY[::-1], app_id=APP_ID),
        PushCipher(encoding_aes_key=KEY, app_id="wxffffffffffffffff"),
        PushCipher(encoding_aes_key=KEY, app_id=APP_ID + "0"),
    ],
)
def test_another_accounts_words_do_not_open(other: PushCipher) -> None:
    with pytest.raises(BadCiphertext):
        CIPHER.open(other.seal("你好"))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="43"):
        PushCipher(encoding_aes_key="short", app_id=APP_ID)
