"""Days as official texts write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.importing.dates import after, day_of, days_in, end_of
from knowledge_base.importing.numerals import number_of

WRITTEN = [
    ("2024年5月1日", "plain"),
    ("2024 年 5 月 1 日", "spaced by a PDF"),
    ("２０２４年５月１日", "full-width"),
    ("二〇二四年五月一日", "in words"),
    ("二○二四年五月一日", "with the circle people type for 〇"),
    ("2024-05-01", "dashed"),
    ("2024/5/1", "slashed"),
    ("2024.5.1", "dotted"),
    ("2024-05-01 09:30:00", "with a time behind it"),
    ("20240501", "run together"),
]


@pytest.mark.parametrize("written", [written for written, _ in WRITTEN], ids=[why for _, why in WRITTEN])
def test_every_way_of_writing_a_day_is_that_day(written: str) -> None:
    assert day_of(written) == date(2024, 5, 1)


NO_DAY = [
    ("2024年2月30日", "no such day"),
    ("2024年13月1日", "no such month"),
    ("长期有效", "no day at all"),
    ("见2024年5月1日的文件", "a day inside other words"),
    ("", "nothing"),
]


@pytest.mark.parametrize("written", [written for written, _ in NO_DAY], ids=[why for _, why in NO_DAY])
def test_what_is_no_day_is_none(written: str) -> None:
    assert day_of(written) is None


ENDS = [
    ("2024年底", date(2024, 12, 31), "end of a year"),
    ("2024年6月底", date(2024, 6, 30), "end of a month"),
    ("2024年2月末", date(2024, 2, 29), "end of a leap February"),
    ("二〇二四年十二月三十一日", date(2024, 12, 31), "a day in words"),
]


@pytest.mark.parametrize(("written", "day"), [row[:2] for row in ENDS], ids=[row[2] for row in ENDS])
def test_the_end_of_a_period_is_its_last_day(written: str, day: date) -> None:
    assert end_of(written) == day


def test_days_of_a_sentence_come_in_its_order() -> None:
    text = "2024年3月1日通过，二〇二四年三月十日公布，自2024年5月1日起施行"
    assert [found.day for found in days_in(text)] == [date(2024, 3, 1), date(2024, 3, 10), date(2024, 5, 1)]


NUMERALS = [
    ("十", 10),
    ("十二", 12),
    ("二十", 20),
    ("廿一", 21),
    ("一百零三", 103),
    ("一百一十", 110),
    ("二〇二四", 2024),
    ("７", 7),
]


@pytest.mark.parametrize(("words", "value"), NUMERALS)
def test_numbers_in_words(words: str, value: int) -> None:
    assert number_of(words) == value


def test_months_end_where_the_calendar_ends_them() -> None:
    assert after(date(2024, 1, 31), months=1) == date(2024, 2, 29)
    assert after(date(2024, 2, 29), years=1) == date(2025, 2, 28)
    assert after(date(2024, 1, 1), years=9999) is None


@given(st.dates(min_value=date(1949, 10, 1), max_value=date(2199, 12, 31)))
def test_a_day_written_in_words_or_digits_reads_back(day: date) -> None:
    digits = "〇一二三四五六七八九"

    def counted(value: int) -> str:
        tens, ones = divmod(value, 10)
        return ("" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十") + (
            digits[ones] if ones else ""
        )

    words = "".join(digits[int(each)] for each in str(day.year))
    if day.year < 2100:
        assert day_of(f"{words}年{counted(day.month)}月{counted(day.day)}日") == day
        assert day_of(f"{day.year}年{day.month}月{day.day}日") == day


@given(st.text(max_size=200))
def test_no_text_whatever_makes_it_fail(text: str) -> None:
    days_in(text)
    day_of(text)
    end_of(text)
