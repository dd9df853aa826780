"""Tickets of an invented small city, decided by people, enough of them to train on."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from routing.departments import UnitId
from routing.ticket import Ticket
from routing.workflow import SYSTEM
from tests.factories import PROFILE, a_dispatcher, a_liaison, a_request

MATTERS: dict[UnitId, tuple[str, tuple[str, ...]]] = {
    UnitId("qh.education"): (
        "教育文体",
        (
            "学校食堂饭菜不干净",
            "小学报名要交赞助费",
            "老师课后收费补课",
            "幼儿园收费太高",
            "中学作业太多",
            "校车超载",
        ),
    ),
    UnitId("qh.health"): (
        "卫生计生",
        ("医院挂号排队太久", "诊所乱开药", "疫苗接种点没疫苗", "急诊医生态度差", "体检报告丢失", "病房脏乱"),
    ),
    UnitId("qh.ecology"): (
        "环境保护",
        (
            "工厂夜里排放黑烟",
            "河边企业偷排污水",
            "养殖场臭味熏人",
            "化工厂气味刺鼻",
            "噪声设备整夜响",
            "烟囱冒灰",
        ),
    ),
    UnitId("qh.labour-inspection"): (
        "劳动和社会保障",
        (
            "工地拖欠工资半年",
            "公司不签劳动合同",
            "辞退不给补偿",
            "加班不给加班费",
            "老板跑路欠薪",
            "试用期不发工资",
        ),
    ),
}
_PLACES = (
    "东关",
    "西园",
    "南河",
    "北站",
    "新城",
    "老街",
    "学府",
    "港口",
    "幸福里",
    "人民路",
    "青年路",
    "建设路",
)
_ENDINGS = ("请尽快处理", "希望有人管", "反映多次没人理", "影响很大", "望回复", "请调查核实")


def decided_tickets(
    count: int, *, newest: datetime, weeks: int = 8, seed: int = 1, units: Iterable[UnitId] = MATTERS
) -> list[Ticket]:
    """Tickets spread evenly over the weeks before ``newest``, each dispatched by a person and answered."""
    rng, names = random.Random(seed), sorted(units)
    tickets = []
    for n in range(count):
        unit = names[n % len(names)]
        received = newest - timedelta(weeks=weeks) * (count - n) / count
        text = f"{rng.choice(_PLACES)}{rng.choice(MATTERS[unit][1])}，{rng.choice(_PLACES)}附近居民{n}户，{rng.choice(_ENDINGS)}"
        tickets.append(decided(text, unit, number=f"HY{seed:06d}{n:04d}", at=received))
    return tickets


def decided(text: str, unit_id: UnitId, *, number: str, at: datetime) -> Ticket:
    """One ticket a person dispatched and the unit answered."""
    request = a_request(text, at=at, external_number=number)
    ticket = Ticket.register(request, number=number, profile=PROFILE, actor=SYSTEM, now=at)
    liaison = a_liaison(unit_id)
    ticket.dispatch(unit_id, profile=PROFILE, actor=a_dispatcher(), now=at)
    ticket.accept(actor=liaison, now=at)
    ticket.reply(actor=liaison, now=at, text="已核实处理。")
    return ticket
