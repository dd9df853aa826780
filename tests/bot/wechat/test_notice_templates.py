"""An account's templates are read whole or refused with the field and the reason."""

from __future__ import annotations

import tomllib

import pytest

from bot.demo.notices import library, notice_lines
from bot.wechat.notice_templates import (
    NoticeKind,
    NoticeTemplates,
    NoticeTemplatesInvalid,
    read_notice_templates,
)


def test_an_account_without_templates_has_none() -> None:
    assert read_notice_templates({"title": "县"}) == NoticeTemplates()


def test_kinds_without_a_template_of_their_own_take_the_nearest_that_says_less() -> None:
    fields = {"thing1": "title"}
    found = read_notice_templates(
        {
            "templates": {"answered": {"id": "A", "fields": fields}, "other": {"id": "O", "fields": fields}},
            "subscriptions": {"rate": {"id": "S", "fields": fields, "lasting": True}},
        }
    )
    templates = {kind: found.template(kind) for kind in NoticeKind}
    assert {kind for kind, t in templates.items() if t and t.id == "A"} == {
        NoticeKind.ANSWERED,
        NoticeKind.RATE,
    }
    assert {kind for kind, t in templates.items() if t and t.id == "O"} == set(NoticeKind) - {
        NoticeKind.ANSWERED,
        NoticeKind.RATE,
    }
    assert found.subscription(NoticeKind.DISPATCHED) is None
    rate = found.subscription(NoticeKind.RATE)
    assert rate is not None
    assert rate.lasting
    assert found.subscription_with_id("S") == rate
    assert rate.fields == {"thing1": "{title}"}, "a bare placeholder stands for itself"


GOOD = {"id": "A", "fields": {"thing1": "工单{number}{state}"}}


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"templates": 1}, "templates"),
        ({"templates": {"party": GOOD}}, "templates.party"),
        ({"templates": {"rate": "A"}}, "templates.rate"),
        ({"templates": {"rate": {**GOOD, "id": " "}}}, "templates.rate.id"),
        ({"templates": {"rate": {"id": "A"}}}, "templates.rate.fields"),
        ({"templates": {"rate": {**GOOD, "fields": {}}}}, "templates.rate.fields"),
        ({"templates": {"rate": {**GOOD, "lasting": True}}}, "templates.rate.lasting"),
        ({"subscriptions": {"rate": {**GOOD, "lasting": "yes"}}}, "subscriptions.rate.lasting"),
        ({"templates": {"rate": {**GOOD, "chat_first": 1}}}, "templates.rate.chat_first"),
        ({"templates": {"rate": {"id": "A", "fields": {"Thing": "a"}}}}, "templates.rate.fields.Thing"),
        ({"templates": {"rate": {"id": "A", "fields": {"thing1": 5}}}}, "templates.rate.fields.thing1"),
        (
            {"templates": {"rate": {"id": "A", "fields": {"thing1": "{name}"}}}},
            "templates.rate.fields.thing1",
        ),
        ({"templates": {"rate": {"id": "A", "fields": {"thing1": "a{"}}}}, "templates.rate.fields.thing1"),
    ],
)
def test_what_cannot_be_used_is_named(table: dict[str, object], field: str) -> None:
    with pytest.raises(NoticeTemplatesInvalid) as caught:
        read_notice_templates(table)
    assert caught.value.field == field
    assert caught.value.reason


@pytest.mark.parametrize("by_subscription", [False, True])
def test_the_demos_templates_can_be_read_and_the_platform_knows_each(by_subscription: bool) -> None:
    table = tomllib.loads("\n".join(notice_lines("demo", by_subscription=by_subscription)))
    found = read_notice_templates(table["accounts"]["demo"])
    used = (found.subscriptions if by_subscription else found.templates).values()
    known = library("demo", by_subscription=by_subscription)
    assert {t.id for t in used} == set(known)
    assert all(set(t.fields) == set(known[t.id].labels) for t in used)
