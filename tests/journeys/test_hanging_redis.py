"""A Redis that takes connections and answers nothing: frozen, or behind a wire that lost it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.simulator.records import Delivery, Outcome
from bot.wording import APOLOGY
from tests.bot.redis_wire import open_wire
from tests.journeys.city import open_city

QUESTIONS = ("社保卡丢了怎么补办？", "你好", "我要投诉", "居住证怎么办理")


async def test_while_redis_hangs_every_message_is_answered_in_place_and_nothing_is_lost(
    mongo_url: str, redis_url: str, redis: object, services_database: str, tmp_path: Path
) -> None:
    async with (
        open_wire(redis_url, tmp_path) as wire,
        open_city(
            mongo_url=mongo_url, redis_url=wire.url, database=services_database, directory=tmp_path
        ) as city,
    ):
        citizens = [f"oHang{number:022d}" for number in range(len(QUESTIONS))]

        async def all_say(*lines: str) -> list[Delivery]:
            city.clock.advance(seconds=3)
            said = zip(citizens, lines, strict=True)
            return await asyncio.gather(*(city.platform.send_text(who, line) for who, line in said))

        await all_say(*["你好"] * len(citizens))
        wire.hang()
        for deliveries in (await all_say(*QUESTIONS), await all_say(*["楼下的路灯坏了三天"] * len(citizens))):
            assert [one.outcome for one in deliveries] == [Outcome.ANSWERED] * len(citizens)
            assert [len(one.tries) for one in deliveries] == [1] * len(citizens)
            assert not [one.text for one in deliveries if APOLOGY in one.text]
        for page in ("/answers", "/answers?q=社保卡"):
            async with city.http.get(city.base + page) as response:
                assert response.status == 200, "who only looks something up needs no Redis"
        wire.thaw()
        city.clock.advance(seconds=3)
        resumed = await city.platform.send_text(citizens[2], "城关镇人民路12号")
        assert "人民路12号" in resumed.text or "手机号" in resumed.text, (
            "what was said meanwhile is remembered"
        )
