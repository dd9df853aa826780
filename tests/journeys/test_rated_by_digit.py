"""The notice asks how it was; what is typed under it is the rating, through the running service."""

from __future__ import annotations

import re

from tests.journeys.city import City
from tests.journeys.test_journeys import answered


async def test_a_digit_and_words_typed_under_the_notice_rate_the_ticket(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    await wang.says("社保卡丢了怎么补办？")
    await wang.says("楼下烧烤店半夜还很吵")
    city.clock.advance(hours=1)
    await answered(city, number)
    await city.sweep()
    assert re.search(r"^1 .*非常不满意", wang.hears()[-1], re.MULTILINE)
    assert "哪里不好" in await wang.says("1")
    assert "重新办理" in await wang.says("没人来修过")
    ticket = await (await city.api("supervisor")).ticket(number)
    assert (ticket["rating"]["stars"], ticket["rating"]["comment"]) == (1, "没人来修过")
    assert "楼下烧烤店半夜还很吵" in await wang.says("不用了") + await wang.says("接着填")
