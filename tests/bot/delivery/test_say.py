"""The ledger in words: nothing is said to have failed that was never to be sent."""

from __future__ import annotations

import pytest

from bot.delivery.ladder import NO_NUMBER, NO_TEXTS
from bot.delivery.say import say_failure, say_state, say_way, tone_of
from routing.events import Audience, NoticeChannel, NoticeState, OutboxEntry, Rung


def entry(state: NoticeState, failure: str | None = None, rung: Rung | None = None) -> OutboxEntry:
    return OutboxEntry(
        id="a",
        event_seq=1,
        audience=Audience.CITIZEN,
        channel=NoticeChannel.WECHAT,
        state=state,
        failure=failure,
        rung=rung,
    )


@pytest.mark.parametrize(("why", "words"), [(NO_TEXTS, "市民不要短信"), (NO_NUMBER, "没有能收短信的号码")])
def test_who_rang_and_wants_no_texts_did_not_fail_to_get_a_wechat_message(why: str, words: str) -> None:
    never = entry(NoticeState.FAILED, why)
    assert (say_way(never), say_state(never), say_failure(never.failure)) == ("短信", "没有发短信", words)
    assert tone_of(never) == "off"


def test_a_caller_waits_for_a_text_message_and_a_follower_for_wechat() -> None:
    waits = entry(NoticeState.QUEUED)
    assert say_way(waits, on_wechat=False) == "短信"
    assert say_way(waits) == "微信"
    assert say_way(entry(NoticeState.SENT, rung=Rung.CHAT)) == "客服消息"
    failed = entry(NoticeState.FAILED, "45002", Rung.CHAT)
    assert (say_state(failed), tone_of(failed)) == ("未送达", "late")
