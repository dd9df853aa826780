"""Puts the demo's past into an empty database, once, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.demo.history import Historian, History
from bot.demo.photographs import add_photographs, of_known_citizens
from bot.demo.setting import DemoSetting
from bot.services import Services
from bot.simulator.citizens import DemoCitizens
from routing.mongo_store import Collection

_MARK = "history"


async def seed(services: Services, setting: DemoSetting, *, progress: Callable[[str], None]) -> bool:
    """True when the past was written now.

    A mark with all numbers is written first and completed last: whoever finds it incomplete, after a crash,
    takes those tickets away and starts afresh. Nothing else can have been written meanwhile, as the demo
    only listens afterwards. A database with tickets of its own is left as it is.
    """
    marks: Collection = services.database.get_collection("demo")
    mark = await marks.find_one({"_id": _MARK})
    if mark is not None and mark["complete"]:
        return False
    if mark is not None:
        await _take_away(services, mark["numbers"])
    elif await services.database["tickets"].find_one({}, {"_id": 1}) is not None:
        return False
    progress("第一次运行，正在生成近60天的样例工单…")
    now = services.clock()
    history = _write(services, setting, now=now)
    numbers = [ticket.number for ticket in history.tickets]
    await marks.replace_one({"_id": _MARK}, {"numbers": numbers, "complete": False, "at": now}, upsert=True)
    await services.tickets.reserve_numbers(numbers)
    await services.identities.put_many(history.citizens)
    await services.tickets.add_many(history.tickets)
    known = frozenset(citizen.openid for citizen in DemoCitizens(app_id=setting.account.app_id).all())
    await add_photographs(
        services.photos, history.tickets, first=of_known_citizens(history.citizens, known), now=now
    )
    await marks.update_one({"_id": _MARK}, {"$set": {"complete": True}})
    return True


def _write(services: Services, setting: DemoSetting, *, now: datetime) -> History:
    historian = Historian(
        desk=services.desk,
        profile=services.profile,
        units=services.units,
        gazetteer=services.gazetteer,
        app_id=setting.account.app_id,
    )
    return historian.write(now=now)


async def _take_away(services: Services, numbers: list[str]) -> None:
    for name in ("tickets", "identities"):
        await services.database[name].delete_many({"_id": {"$in": numbers}})
    for number in numbers:
        await services.photos.erase_of_ticket(number)
