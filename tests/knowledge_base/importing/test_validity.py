"""From when and until when a document holds, by sentences as offices write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.importing.validity import validity_of

PUBLISHED = date(2024, 4, 20)
BEGINS = [
    ("第八条 本办法自2024年5月1日起施行。", date(2024, 5, 1), "the usual sentence"),
    ("本办法自二〇二四年五月一日起实施。", date(2024, 5, 1), "in words"),
    ("本办法从2024年5月1日起正式执行。", date(2024, 5, 1), "从 and 正式"),
    ("本通告自2024年5月1日零时起施行。", date(2024, 5, 1), "with a time of day"),
    ("本通告自2024年5月1日施行。", date(2024, 5, 1), "without 起"),
    ("本通告自5月1日起施行。", date(2024, 5, 1), "without a year"),
    ("本办法自发布之日起施行。", PUBLISHED, "from its publication"),
    ("本办法自印发之日起施行。", PUBLISHED, "from its printing"),
    ("本通告自即日起施行。", PUBLISHED, "at once"),
    ("本办法自公布之日起30日后施行。", date(2024, 5, 20), "thirty days on"),
    ("本办法自公布之日起三十日后施行。", date(2024, 5, 20), "thirty days on, in words"),
    ("上述措施自2024年5月1日起执行。", date(2024, 5, 1), "measures above"),
    ("现予公布，自2024年5月1日起施行。", date(2024, 5, 1), "an order that makes it public"),
    ("（2024年3月1日县政府常务会议通过 自2024年5月1日起施行）", date(2024, 5, 1), "under the title"),
    ("施行日期：2024年5月1日起施行", date(2024, 5, 1), "behind a label"),
    ("第三条 新的补贴标准自2024年7月1日起执行。", None, "said of a standard in it"),
    ("《云川市高龄津贴办法》自2024年7月1日起施行。", None, "said of another document"),
    ("第五条 从事经营活动的，应当自2024年7月1日起办理登记。", None, "a duty, not its beginning"),
    ("高龄津贴发放工作已于2024年实施。", None, "no day"),
]


@pytest.mark.parametrize(("text", "day"), [row[:2] for row in BEGINS], ids=[row[2] for row in BEGINS])
def test_the_first_day_is_what_the_text_says_of_itself(text: str, day: date | None) -> None:
    assert validity_of(text, published_on=PUBLISHED).effective_on == day


ENDS = [
    ("本办法自2024年5月1日起施行，有效期5年。", date(2029, 4, 30), "years from its first day"),
    ("本办法自2024年5月1日起施行，有效期为五年。", date(2029, 4, 30), "years in words"),
    ("本办法自2024年5月1日起施行，有效期至2026年12月31日。", date(2026, 12, 31), "until a day"),
    ("本办法自印发之日起施行，有效期至2026年底。", date(2026, 12, 31), "until the end of a year"),
    ("本办法自2024年5月1日起试行，试行期两年。", date(2026, 4, 30), "on trial"),
    ("本通知自发布之日起执行至2024年6月30日止。", date(2024, 6, 30), "carried out until"),
    ("本通知自2024年5月1日起施行。有效期限3个月。", date(2024, 7, 31), "months, in a sentence of its own"),
    ("本办法有效期自2024年5月1日至2026年4月30日。", date(2026, 4, 30), "from and to"),
    ("第四条 依照本办法取得的许可证，有效期为3年。", None, "a licence's validity"),
    ("本办法自2024年5月1日起施行。颁发有效期3个月的临时证明。", None, "a certificate's validity"),
    ("第六条 基本医疗保险费率的实施期限延长至2025年4月30日。", None, "a rate's, and 基本 is not 本"),
    ("本办法自2024年5月1日起施行。", None, "no end"),
]


@pytest.mark.parametrize(("text", "day"), [row[:2] for row in ENDS], ids=[row[2] for row in ENDS])
def test_the_last_day_is_what_the_text_says_of_itself(text: str, day: date | None) -> None:
    assert validity_of(text, published_on=PUBLISHED).expires_on == day


def test_an_end_that_is_no_day_is_quoted_for_the_editor() -> None:
    found = validity_of("本通告自即日起施行，有效期至疫情结束。", published_on=PUBLISHED)
    assert (found.effective_on, found.expires_on, found.open_end) == (PUBLISHED, None, "疫情结束")


def test_the_closing_article_decides_over_the_covering_letter() -> None:
    text = "本通知自2024年4月20日起执行。\n第二十条 本办法自2024年5月1日起施行。"
    assert validity_of(text, published_on=PUBLISHED).effective_on == date(2024, 5, 1)


def test_a_document_named_in_the_title_is_this_one() -> None:
    text = "《清和县高龄津贴办法》自2024年5月1日起施行。"
    title = "关于印发《清和县高龄津贴办法》的通知"
    assert validity_of(text, published_on=PUBLISHED, title=title).effective_on == date(2024, 5, 1)


def test_without_a_day_of_publication_nothing_is_guessed() -> None:
    found = validity_of("本办法自发布之日起施行，有效期5年。", published_on=None)
    assert (found.effective_on, found.expires_on) == (None, None)


@given(st.text(alphabet="本办法自发布之日起施行有效期至年月2024510，。第三条《》", max_size=80))
def test_no_text_whatever_makes_it_fail(text: str) -> None:
    validity_of(text, published_on=PUBLISHED)
