"""The whole of what the service writes to its log in a day of journeys, read for anything that names a citizen."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from http.cookies import Morsel

import pytest

from bot.logs import configure_logs
from bot.simulator.faults import Failure
from tests.journeys.city import ACCOUNT, PASSWORD, PHONE, City


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything the process logs, as production configures it, libraries included."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


async def test_no_log_line_names_a_citizen_or_holds_a_secret(log: io.StringIO, city: City) -> None:
    wang = city.citizen("王大爷")
    await city.platform.follow(wang.openid)
    await wang.says("社保卡丢了怎么补办？")
    number = await wang.files()
    code = wang.hears()[-1].split("查询码：")[1][:6]
    await wang.says("催办")
    await wang.says("催办")  # refused: once a day
    await wang.says("撤回")
    await wang.says("不撤了")
    api = await city.api("operator")
    await api.post(f"/tickets/{number}/reveal", {"reason": "回访核实"})
    await api.get("/tickets", q="王建国")
    await api.get("/tickets/HY0000000000", expect=404)
    body = {"external_number": "L-1", "text": "路灯坏了", "citizen": {"name": "王建国", "phone": PHONE}}
    await api.post("/tickets", body, expect=201)
    await api.post("/tickets", {**body, "text": "另一件事"}, expect=409)
    await api.post("/tickets", {"text": f"我叫王建国，{PHONE}"}, expect=422)
    liaison = await city.login("liaison")
    await liaison.open(f"/console/tickets/{number}")
    await liaison.press("签收")
    await liaison.press("答复并办结", text="已修好。")
    city.platform.faults.fail_next("message/custom/send", Failure.RESET_AFTER_EFFECT)
    await city.sweep()
    async with city.http.post(
        f"{city.base}/wechat/{ACCOUNT.name}", params={"openid": wang.openid, "signature": "0"}, data=b"<xml>"
    ) as response:
        assert response.status == 403
    async with city.http.post(
        f"{city.base}/console/login", data={"user": "liaison", "password": "wrong-Pass-1"}
    ) as response:
        assert response.status == 401
    text = log.getvalue()
    assert text.count("\n") > 20, "nothing was logged: this test would see nothing"
    secrets = {
        "openid": wang.openid,
        "phone": PHONE,
        "name": "王建国",
        "query code": code,
        "what the citizen wrote": "路灯",
        "token": ACCOUNT.token,
        "app secret": ACCOUNT.secret,
        "AES key": ACCOUNT.encoding_aes_key,
        "API key": api.key,
        "password": PASSWORD,
        "a wrong password": "wrong-Pass-1",
        "session cookie": _cookie(liaison.http.cookie_jar),
    }
    found = [what for what, secret in secrets.items() if secret in text]
    assert not found, [line for line in text.splitlines() if any(secrets[w] in line for w in found)][:3]
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text), "a phone number was logged"
    assert "access_token" not in text


def _cookie(jar: Iterable[Morsel[str]]) -> str:
    cookies = {cookie.key: cookie.value for cookie in jar}
    return cookies["huiyin_session"].split(".")[0]
