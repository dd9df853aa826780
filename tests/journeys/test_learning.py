"""What dispatchers decide teaches the machine: from the first tickets it has no words for to a model and back."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterable
from itertools import count

from bot.learning.progress import RunState, TrainingProgress
from bot.learning.registry import ModelKind, ModelState
from bot.learning.training_run import Outcome, TrainingRunner
from classifier.gate import Rule
from routing.departments import UnitId
from routing.reference_tables import demo_reference
from routing.workflow import Role
from tests.journeys.city import Api, City
from tests.journeys.pages import Page

UNITS = ModelKind.UNITS
FIRE, POLICE, MARKET = UnitId("qh.fire"), UnitId("qh.public-security"), UnitId("qh.market")
FIRE_NAME = "清和县消防救援大队"
PLACES = ("城关街道", "河西街道", "新城街道", "城关镇人民路12号")
Sentences = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]

# Wasps' nests, drones, blind boxes: no duty of the list has a word for any of them.
MATTERS: dict[UnitId, Sentences] = {
    FIRE: (
        (
            "屋檐下挂着一个马蜂窝",
            "树杈上结了个脸盆大的马蜂窝",
            "阳台外面有一窝马蜂",
            "花架上马蜂做了窝",
            "马蜂窝一天比一天大",
        ),
        ("孩子放学不敢走", "马蜂已经蜇了两位老人", "马蜂成群飞进屋里", "晾衣服都害怕马蜂"),
        ("请派人摘除马蜂窝", "盼望来人把蜂窝摘掉", "求助专业人员摘蜂窝"),
    ),
    POLICE: (
        (
            "一架无人机总在窗外悬停",
            "有人放无人机黑飞",
            "无人机从楼顶低空掠过",
            "陌生无人机对着卧室拍",
            "无人机成天盘旋在头顶",
        ),
        ("担心无人机偷拍隐私", "差点被掉下来的无人机砸到", "没人知道无人机飞手是谁", "怀疑无人机没有备案"),
        ("请核查黑飞的无人机", "希望管住无人机飞手", "盼望制止无人机偷拍"),
    ),
    MARKET: (
        (
            "小店向学生卖盲盒",
            "盲盒机不写抽中概率",
            "抽盲盒抽了十几次都是同一款",
            "盲盒里是拆过封的旧玩偶",
            "文具店的盲盒越卖越贵",
        ),
        ("孩子把零花钱都买了盲盒", "店家不给退盲盒", "盲盒没有厂名厂址", "盲盒里的玩偶掉漆"),
        ("请查一查这种盲盒", "盲盒该不该公示概率", "盼望规范盲盒买卖"),
    ),
}
A_LIKE_REQUEST = "厂区围墙的树杈上结了个马蜂窝，马蜂飞进屋里，大人孩子不敢走，请派人摘除"
ANOTHER = "邻居阳台外面有一窝马蜂，老人被马蜂蜇了，求助专业人员摘蜂窝"
A_BAD_WEEK = (
    "晒场旁边的马蜂窝没人敢碰，麦子都收不回来",
    "邮筒里钻出马蜂，里头八成藏着马蜂窝",
    "老槐树上的马蜂窝比水桶还粗，路人绕着走",
    "院墙缝里有马蜂进进出出，请派人摘除蜂窝",
    "三楼雨棚吊着马蜂窝，风一吹马蜂乱窜",
    "仓库房梁上马蜂筑了两个窝，搬货的人被蜇",
    "葡萄架底下发现马蜂窝，小孙子额头肿了",
    "凉亭顶上那窝马蜂又回来了，下棋的都散了",
    "马蜂窝挨着幼苗大棚，种菜的不敢进去",
    "门牌后面藏着小马蜂窝，送信的挨了一针",
    "祖屋的匾额背后全是马蜂，求助摘掉蜂窝",
    "清晨遛弯看见马蜂窝掉在草丛，马蜂还活着",
)


def requests_of(unit_id: UnitId, how_many: int) -> list[str]:
    """So many different requests of one kind of matter."""
    what, harm, wish = MATTERS[unit_id]
    every = [f"{a}，{b}，{c}" for a in what for b in harm for c in wish]
    return [every[n * 7 % len(every)] for n in range(how_many)]


class Office:
    """The people of the centre and of three units, each with a program of their own."""

    def __init__(self, city: City, operator: Api, dispatcher: Api, liaisons: dict[UnitId, Api]) -> None:
        self.city, self._operator, self.dispatcher, self._liaisons = city, operator, dispatcher, liaisons
        self._calls, self._runs = count(1), count(1)

    @classmethod
    async def opened(cls, city: City) -> Office:
        liaisons = {}
        for unit in MATTERS:
            key = await city.services.people.add_api_key(name=unit, role=Role.LIAISON, unit_id=unit)
            liaisons[unit] = Api(city, key)
        return cls(city, await city.api("operator"), await city.api("dispatcher"), liaisons)

    async def takes(self, text: str) -> str:
        """A call comes in; the machine leaves it to a person. Returns its number."""
        n = next(self._calls)
        body = {
            "external_number": f"L-{n}",
            "channel": "hotline",
            "text": text,
            "place": PLACES[n % len(PLACES)],
        }
        ticket = await self._operator.post("/tickets", body, expect=201)
        assert ticket["state"] == "received", (text, ticket["triage"])
        return str(ticket["number"])

    async def works(self, text: str, unit_id: UnitId) -> None:
        """A person dispatches it, the unit signs and answers."""
        number = await self.takes(text)
        await self.sends(number, unit_id)

    async def sends(self, number: str, unit_id: UnitId) -> None:
        ticket = await self.dispatcher.ticket(number)
        steps: tuple[tuple[Api, str, dict[str, str]], ...] = (
            (self.dispatcher, "dispatch", {"department": unit_id}),
            (self._liaisons[unit_id], "accept", {}),
            (self._liaisons[unit_id], "resolve", {"text": "已到现场办理，并向市民当面说明。"}),
        )
        for who, action, body in steps:
            ticket = await who.post(f"/tickets/{number}/{action}", {**body, "version": ticket["version"]})

    async def works_through(self, decided: Iterable[tuple[str, UnitId]], *, over_days: int) -> None:
        """One after another, evenly over so many days."""
        work = list(decided)
        for text, unit in work:
            self.city.clock.advance(minutes=over_days * 1440 / len(work))
            await self.works(text, unit)

    async def a_night_passes(self) -> Outcome:
        """The training of unit models, as the worker's child does it."""
        city, services = self.city, self.city.services
        run_id = f"units-{next(self._runs)}"
        assert await TrainingProgress(services.database).claim(run_id, UNITS, now=city.clock())
        runner = TrainingRunner(
            database=services.database,
            registry=services.registry,
            settings=services.settings,
            reference=demo_reference(),
            shipped=services.model,
            clock=city.clock,
        )
        return await runner.run(UNITS, run_id=run_id, who="每晚训练", force=True)


async def taught(city: City) -> Office:
    """Five weeks in which people decided some sixty tickets of three matters."""
    office = await Office.opened(city)
    ordinary = zip(*([(text, unit) for text in requests_of(unit, 20)] for unit in MATTERS), strict=True)
    await office.works_through([each for day in ordinary for each in day], over_days=35)
    return office


async def at_work(city: City, version: str | None) -> None:
    """Return when the running service answers with that model."""
    async with asyncio.timeout(60):
        while city.services.live.current.versions[UNITS] != version:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.02)


async def approve(city: City, why: str) -> Page:
    supervisor = await city.login("supervisor")
    page = await supervisor.open("/console/models")
    assert "待批准：单位模型" in page.text
    page = await supervisor.press("批准并启用", why=why)
    assert page.status == 200
    assert why in page.text
    return page


async def huiyin(city: City, *words: str) -> tuple[int, str]:
    """A command in a terminal on the server: exit code and what it said."""
    settings = city.services.settings
    own = {
        "HUIYIN_MONGO_URL": settings.mongo_url,
        "HUIYIN_REDIS_URL": settings.redis_url,
        "HUIYIN_DATABASE": settings.database,
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        env={**others, **own},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_what_dispatchers_decide_teaches_the_machine_and_one_command_takes_it_back(city: City) -> None:
    office = await taught(city)
    outcome = await office.a_night_passes()
    assert outcome.state is RunState.DONE, outcome.said
    assert outcome.model is not None
    assert "等待批准" in outcome.said
    # Trained is not at work: until a person has said so, people go on deciding.
    await office.takes(A_LIKE_REQUEST)

    await approve(city, "三类事项都判对了")
    await at_work(city, outcome.model.version)
    await city.services.precedents.refresh(city.clock())
    li = city.citizen("李阿姨")
    number = await li.files(A_LIKE_REQUEST, kind="求助")
    assert f"承办单位：{FIRE_NAME}" in li.hears()[-1]
    ticket = await office.dispatcher.ticket(number)
    assert ticket["state"] == "dispatched"
    assert ticket["department"]["id"] == FIRE
    assert ticket["triage"]["automatic"] is True
    assert [event["by"]["role"] for event in ticket["events"] if event["kind"] == "dispatched"] == ["system"]
    page = await (await city.login("dispatcher")).open(f"/console/tickets/{number}")
    assert re.search(r"最近\s*\d+\s*件相似工单", page.text), page.text
    assert FIRE_NAME in page.text

    code, said = await huiyin(city, "model", "rollback", "--kind", "units", "--why", "先看一周再用")
    assert code == 0, said
    await at_work(city, None)
    wu = city.citizen("吴师傅")
    number = await wu.files(ANOTHER, kind="求助")
    assert "正在确定" in wu.hears()[-1]
    ticket = await office.dispatcher.ticket(number)
    assert ticket["state"] == "received"
    assert ticket["triage"]["candidates"][0]["department"]["id"] == FIRE, "precedents still name the unit"
    history = await (await city.login("supervisor")).open("/console/models")
    assert "先看一周再用" in history.text


async def test_a_bad_week_of_wrong_labels_is_refused_and_the_page_says_which_unit(city: City) -> None:
    office = await taught(city)
    first = await office.a_night_passes()
    assert first.model is not None
    assert first.model.state is ModelState.CANDIDATE
    # The candidate waits for the supervisor for a week in which every wasps' nest goes to the wrong unit.
    await office.works_through([(text, MARKET) for text in A_BAD_WEEK], over_days=6)
    await approve(city, "三类事项都判对了")
    await at_work(city, first.model.version)

    second = await office.a_night_passes()
    assert second.verdict is not None
    assert not second.verdict.passed
    assert Rule.LABELS_CONTRADICT in {refusal.rule for refusal in second.verdict.refusals}
    assert second.model is not None
    assert second.model.state is ModelState.REFUSED
    assert await city.services.registry.live_version(UNITS) == first.model.version
    page = await (await city.login("supervisor")).open("/console/models")
    assert second.model.version in page.text
    assert "新标注与以往矛盾" in page.text
    assert (
        "“县消防救援大队”的新标注与以往矛盾" in page.text or "“县市场监管局”的新标注与以往矛盾" in page.text
    )
    assert "qh." not in page.text, "officials read names, not identifiers"
    assert "批准并启用" not in page.buttons()
