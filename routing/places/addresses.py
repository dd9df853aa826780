"""Roads, crossings and estates as citizens write them, known to the gazetteer or not; never a door number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class AddressKind(StrEnum):
    """What a stretch of text names."""

    ROAD = "road"
    CROSSING = "crossing"
    ESTATE = "estate"


@dataclass(frozen=True, slots=True)
class Address:
    """One address in a text. Of its numbers it is known only that there was one: a door belongs to a person."""

    kind: AddressKind
    names: tuple[str, ...]
    """One name; two for a crossing."""
    start: int
    end: int
    has_door_number: bool

    def spoken(self) -> str:
        """The address for people to read: 中山路与东门街交叉口, 中山路, 阳光花园."""
        return "与".join(self.names) + ("交叉口" if self.kind is AddressKind.CROSSING else "")


_NUMBER = r"(?:\d+|[一二三四五六七八九十百]+)"
_ROAD_END = re.compile(
    # Not the end of 道路, 线路, 走路, 上街: the character before says what kind of word it is.
    r"(?<![小道线走马铁出修跑说指思让带问引赶领绕网各条段主辅支土泥])(?:公路|大道|路(?![灯面边段人过况由基程径牌障]))"
    r"|(?<![上逛沿临整条业行])街(?![道坊头上镇区])"
)
_ESTATE_END = re.compile(
    # 小区 alone follows any verb (改善小区); before a building's number it ends a name.
    r"小区(?=[\d一二三四五六七八九十]+(?:号楼|栋|幢|座|期|单元|弄|室))|花园|花苑|家园|新村|新苑|公寓|雅苑|佳苑|名苑|嘉苑|馨苑|苑(?=[的小南北东西一二三四五六期\d，。,])|雅居|名邸|豪庭|华庭"
)
_REACH = 6
_SHORTEST_STEM = 2
# Where a name cannot begin: function words, verbs of complaint, and the ends of the larger place before it.
_BREAK = re.compile(
    "调整|翻新|新建|绕行|理解|连接|进入|改建|更改|唯独|上一站|下一站|左转|右转|拉直|早上|晚上|早晨|银行|医院|学校|搬出|仅剩|连通|达到|通往|通过|查询|督促|加强|街道|社区|新区|小区|花园|公寓|反映|建议|认为|导致|影响|提升|增加|造成|严重|考虑|关于|显示|所在|如今|根据|整治|帮助|解决|工程|期间|附近|"
    "周边|沿线|目前|现在|取消|撤销|方便|施工|咨询|投诉|举报|希望|要求|包括|以及|涉及|途经|经过|改造|居住|入住|居民|业主|物业|政府|部门|领导|"
    "开通|打通|拓宽|封闭|修建|规划|其中|例如|比如|特别|尤其|分别|加快|尽快|恢复|增设|设置|号线|线路|公交|地铁|高架|轨道|绕城|"
    "[在于从到至沿近由往过住去的是有我你他它们这那每该本两了和与及跟把对离经靠区县市镇乡村口侧段边面内外号弄旁为将让给使被已曾能须据但还者"
    "不无没也都又再才只就很非并且而或则吗呢吧啊哪谁何怎么什些个年月时分米座栋间位名处前后从请问望说看见想某另此其均如当像但着以即路]"
)
_NO_NAME = re.compile(
    r"(?:老旧|住宅|封闭|整个|居民|安置|商品房|动迁|动迁房|人才|青年|商业|成熟|高档|普通|大型|周围|新建|在建|多个|几个|全市|本市|相关|隔壁|旧式|老式|新式|售后|售后公房|保障房|经适房|花园式|精品|美丽|美好|和谐|文明|平安|智慧|"
    r"主要|公共|市政|交通|柏油|水泥|快速|高速|乡村|必经之|回家|断头|人行|主干|小马|大马|十字|丁字|交叉|老旧高层|酒店式|重新审定)$"
)
_DOOR = re.compile(
    rf"(?:{_NUMBER}(?:弄|巷|支弄))?(?:[一二三四五六七八九十百\dA-Za-z]+(?:号楼?|栋|幢|座|单元|室|门)){{1,4}}|{_NUMBER}(?:弄|支弄)"
)
_JOINT = re.compile(r"(?:与|和|、|跟|及|近|靠近|/|-|—)?")
_CROSSING = re.compile(r"(?:的)?(?:交叉路?口|十字路?口|丁字路?口|交汇[处口]|交界[处口]|相交|路?口|转角|拐角)")


def find_addresses(text: str) -> tuple[Address, ...]:
    """Every road, crossing and estate named in a text, in order; each name once.

    Names are cut by rule, not looked up: good enough to show an operator what was said, not to decide by.
    """
    roads, estates = (AddressKind.ROAD, _ROAD_END), (AddressKind.ESTATE, _ESTATE_END)
    named = sorted(each for kind, ending in (roads, estates) for each in _ends(text, ending, kind))
    found: dict[tuple[str, ...], Address] = {}
    skip_to = 0
    for at, (start, end, name, kind) in enumerate(named):
        if start < skip_to:
            continue
        crossing = _crossing(text, named[at : at + 2]) if kind is AddressKind.ROAD else None
        address = crossing or _address(text, start, end, name, kind)
        skip_to = address.end
        found.setdefault(address.names, address)
    return tuple(found.values())


_Named = tuple[int, int, str, AddressKind]


def _ends(text: str, ending: re.Pattern[str], kind: AddressKind) -> Iterator[_Named]:
    for match in ending.finditer(text):
        start = _start(text, match.start())
        stem = text[start : match.start()]
        if len(stem) >= _SHORTEST_STEM and not _NO_NAME.search(stem):
            yield start, match.end(), text[start : match.end()], kind


def _start(text: str, ending: int) -> int:
    """Where the name begins: after the last thing before it that cannot belong to a name."""
    start = ending
    while start > 0 and ending - start < _REACH and "\u4e00" <= text[start - 1] <= "\u9fff":
        start -= 1
    for broken in _BREAK.finditer(text, start, ending):
        # 和平路 and 镇南路 begin with what elsewhere ends a name: one character alone is no name.
        if ending - broken.end() >= _SHORTEST_STEM or broken.start() > start or len(broken.group()) > 1:
            start = broken.end()
    return start


def _crossing(text: str, pair: list[_Named]) -> Address | None:
    """The two roads as one crossing, when they stand together and a word for crossing follows."""
    if len(pair) < 2 or pair[1][3] is not AddressKind.ROAD:
        return None
    (start, first_end, first, _), (second_start, end, second, _) = pair
    joint = _JOINT.fullmatch(text, first_end, second_start)
    follows = _CROSSING.match(text, end)
    if joint is None or follows is None:
        return None
    return Address(AddressKind.CROSSING, (first, second), start, follows.end(), has_door_number=False)


def _address(text: str, start: int, end: int, name: str, kind: AddressKind) -> Address:
    door = _DOOR.match(text, end)
    return Address(kind, (name,), start, door.end() if door else end, has_door_number=door is not None)
