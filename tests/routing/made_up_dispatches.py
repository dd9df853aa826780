"""Dispatches of an invented city: two districts, three towns each, four kinds of offices, and the city's own."""

from __future__ import annotations

import random

from routing.triage.composition import RoutedText

CITY = "云州市"
TOWNS = {"城东区": ("柳桥镇", "石塘镇", "白鹭街道"), "河西区": ("枫林镇", "茶亭镇", "望江街道")}
ROADS = {
    "柳桥镇": ("柳荫路", "桥北新村"),
    "石塘镇": ("采石路", "塘湾苑"),
    "白鹭街道": ("鹭洲大道", "白沙公寓"),
    "枫林镇": ("枫叶路", "林语花园"),
    "茶亭镇": ("茶山路", "亭前里"),
    "望江街道": ("江堤路", "望潮佳苑"),
}
MATTERS = {
    "教育局": ("孩子上小学学位不够", "幼儿园收费太高", "中学食堂饭菜差", "老师补课收钱", "学区划分不合理"),
    "交通委员会": ("公交车班次太少", "希望增设公交站", "出租车拒载", "路口红绿灯时间太短", "公交线路绕行"),
    "卫生健康委员会": (
        "医院挂号排队太久",
        "卫生院没有儿科医生",
        "疫苗接种点太远",
        "医生态度差",
        "体检报告拿不到",
    ),
}
TOWN_MATTERS = (
    "小区物业不作为",
    "楼道堆满杂物",
    "邻居违章搭建",
    "业委会选举有问题",
    "小区停车位不够",
    "装修噪音扰民",
)
CITY_MATTERS = ("地铁什么时候通到郊区", "地铁票价太高", "地铁车厢太挤", "地铁站没有电梯", "地铁末班车太早")
METRO = f"{CITY}轨道交通集团有限公司"
CITY_PLACE = "市级"

_OPENINGS = ("您好，", "反映一个问题：", "请问，", "领导好，", "想投诉，", "")
_ENDINGS = ("请尽快处理。", "希望有答复。", "已经很久了。", "谢谢。", "麻烦核实。", "大家都有意见。")


def town_government(district: str, town: str) -> str:
    """The full name of a town's government."""
    if town.endswith("街道"):
        return f"{CITY}{district}人民政府{town}办事处"
    return f"{CITY}{district}{town}人民政府"


def office(district: str, kind: str) -> str:
    """The full name of a district's office."""
    return f"{CITY}{district}{kind}"


def dispatches(count: int, *, seed: int = 3) -> list[RoutedText]:
    """``count`` different dispatches; half go to the town, a tenth to the city's metro."""
    draw = random.Random(seed)
    found: dict[str, RoutedText] = {}
    while len(found) < count:
        row = _dispatch(draw)
        found.setdefault(row.text, row)
    return list(found.values())


def _dispatch(draw: random.Random) -> RoutedText:
    chance = draw.random()
    if chance < 0.1:
        return RoutedText(_said(draw, draw.choice(CITY_MATTERS), ""), METRO, CITY_PLACE)
    district = draw.choice(list(TOWNS))
    town = draw.choice(TOWNS[district])
    where = draw.choice(ROADS[town])
    if chance < 0.55:
        return RoutedText(
            _said(draw, draw.choice(TOWN_MATTERS), where), town_government(district, town), district
        )
    kind = draw.choice(list(MATTERS))
    return RoutedText(_said(draw, draw.choice(MATTERS[kind]), where), office(district, kind), district)


def _said(draw: random.Random, matter: str, where: str) -> str:
    place = f"{where}{draw.randint(1, 400)}号" if where else ""
    return f"{matter}\n{draw.choice(_OPENINGS)}{place}{matter}，{draw.choice(_ENDINGS)}编号{_word(draw)}{_word(draw)}。"


def _word(draw: random.Random) -> str:
    # Letters that keep two dispatches of one matter from being near-duplicates of each other.
    return "".join(draw.choice("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥") for _ in range(12))
