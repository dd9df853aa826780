"""Answers over the API: checked for everybody, held back only for whoever asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot.hotline.conftest import Api

FINE = "华庭小区工地已到现场核实，夜间施工没有许可，责令当晚停工。"
DOUBTFUL = "华庭小区工地夜间施工的问题，我局将于12月5日前完成整改。"
WORSE = DOUBTFUL + "详询经办人手机13912345678。"


async def accepted(api: Api) -> Any:
    return await api.act(await api.dispatched(), "accept", role="liaison")


async def test_whoever_does_not_ask_for_the_check_is_answered_as_ever_and_told_what_it_found(
    api: Api,
) -> None:
    ticket = await api.act(await accepted(api), "reply", role="liaison", text=DOUBTFUL)
    assert (ticket["state"], ticket["reply"]) == ("replied", DOUBTFUL)
    assert [(d["doubt"], d["label"]) for d in ticket["doubts"]] == [("promises_a_date", "承诺了具体日期")]
    assert ticket["doubts"][0]["quote"] in DOUBTFUL
    event = ticket["events"][-1]
    assert (event["doubts"], event["despite"]) == (["promises_a_date"], None)


async def test_an_answer_without_fault_goes_with_the_check_as_without(api: Api) -> None:
    ticket = await api.act(await accepted(api), "resolve", role="liaison", text=FINE, check=True)
    assert (ticket["state"], ticket["doubts"]) == ("resolved", [])


async def test_closing_without_words_has_nothing_to_check(api: Api) -> None:
    ticket = await api.act(await accepted(api), "reply", role="liaison", text=DOUBTFUL)
    assert (await api.act(ticket, "resolve", role="liaison", check=True))["doubts"] == []


@pytest.mark.parametrize("action", ["reply", "interim-reply", "resolve"])
async def test_with_the_check_a_doubtful_answer_is_held_back_until_a_reason_is_given(
    api: Api, action: str
) -> None:
    ticket = await accepted(api)
    refused = await api.act(ticket, action, role="liaison", expect=409, text=DOUBTFUL, check=True)
    assert refused["code"] == "reply_doubtful"
    assert "承诺了具体日期" in refused["errors"]["promises_a_date"]
    assert (await api.get(f"/tickets/{ticket['number']}"))["version"] == ticket["version"], "nothing was done"
    seen = list(refused["errors"])
    sent = await api.act(
        ticket, action, role="liaison", text=DOUBTFUL, check=True, seen=seen, despite="合同写明了工期"
    )
    told = next(e for e in sent["events"] if e["doubts"])
    assert (told["doubts"], told["despite"]) == (seen, "合同写明了工期")


async def test_a_reason_excuses_no_doubt_it_was_not_given_in_sight_of(api: Api) -> None:
    ticket = await accepted(api)
    body = {"check": True, "seen": ["promises_a_date"], "despite": "合同写明了工期"}
    refused = await api.act(ticket, "reply", role="liaison", expect=409, text=WORSE, **body)
    assert set(refused["errors"]) == {"promises_a_date", "personal_data"}


async def test_a_stale_answer_is_told_that_first(api: Api) -> None:
    ticket = await accepted(api)
    await api.act(ticket, "contact", role="liaison", text="已电话联系")
    refused = await api.act(ticket, "reply", role="liaison", expect=409, text=DOUBTFUL, check=True)
    assert refused["code"] == "stale_ticket"


async def test_the_centres_own_answer_is_checked_too(api: Api) -> None:
    ticket = await api.registered()
    refused = await api.act(
        ticket, "answer-directly", role="operator", expect=409, text="已转交相关部门处理。", check=True
    )
    assert "empty_words" in refused["errors"] or "too_short" in refused["errors"]
