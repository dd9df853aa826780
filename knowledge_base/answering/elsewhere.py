"""Whether a question asks for the rules of another place than the asker's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from knowledge_base.retrieval.features import DATA, normalize

PLACES_FILE = DATA / "places.txt"

_LEVEL = "特别行政区|自治区|自治州|省|市|县|区|州"
_SUFFIX = re.compile(rf"(?:{_LEVEL})$")
# A town's name nobody listed: at the beginning of a clause, or said to be next door or a home town.
_BY_FORM = re.compile(
    r"(?:^|[,。?!;:、 ]|请问|想问|问下|问一下|隔壁的?|旁边的?|老家(?:在|是)?|我是|我们是)"
    r"(?P<name>(?!我们|咱们|他们|你们|我|咱|本|全|外|各|跨|别的|其他|这个|那个|哪个|一个|两个|整个|现在|地级|到|在|去|从|离|跟|往|由|回|住|隔壁|想|办|换|某|逛|有)"
    r"[一-鿿]{1,3}(?<![城超夜早菜股楼上门集花房黑])[县市])(?!民|场|政|里|城|长|委|面|区|价|直|人|域|容)"
)
_DISTRICT = re.compile(
    r"(?:^|[,。?!;:、 ]|请问|想问|问下|问一下)(?P<name>(?!我们|咱们|我|咱|本|全|外|各|这|那|哪|一|两|整|在|去|想)"
    r"[一-鿿]{2}(?<![小社城景校园发地山库片学辖禁林厂专老新灾疫牧矿险郊市])区)的"
)
_NEXT_DOOR = re.compile(
    r"(?:隔壁|邻|旁边的?|别的|其他)(?:县|市|省)(?!的?人|户口|户籍|籍|来|转|打工|上班|参保|住院|看病|就医|就诊|交|缴|回)"
)
_THEIRS = re.compile(r"(?:他|她)们?(?:老家|那边|那里|那儿)(?!.*(?:转|迁|回|开))")  # where somebody else lives
# Being there, coming from or going there is the asker's life, not whose rule is asked.
_BEFORE = re.compile(r"(?:在|从|到|去|往|由|回|来自|离|跟|和|寄|迁|转|是|人在|住|跑|嫁)$")
_AFTER = re.compile(
    r"^(?:省|市|县|区|州)?(?:那边|那里|这边)?(?:的|那)?(?:打工|工作|上班|上学|读书|看病|看|住院|就医|就诊|带|回来|回|转|交|缴|参保|户口|户籍|籍|人|医院|大医院|三甲|来|买"
    r"|生|出生|身份证|驾照|驾驶证|车|牌|学校|大学|社保|医保卡|公司|老板|单位|农商|银行|路|街|大道|东路|西路|牌照|小区|号)"
)
_ASKS_THERE = re.compile(r"^(?:省|市|县|区|州)?(?:那边|那里)?(?:怎么|如何|哪|办|申请|能不能|可以)")
_BELONGS = re.compile(r"(?:户口|户籍)(?:还?在|是)$")  # whose allowance is asked for goes by that
_HERE = re.compile(
    r"我这|你们?这|在这|本县|本地|咱县|咱们县|我们县|我县|我们这|咱这|咱们这|这边|这里|回来|回县|回老家|转回"
)


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    lines = PLACES_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


@lru_cache(maxsize=64)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))


def other_place(question: str, *, regions: frozenset[str], known: Iterable[str] = ()) -> str | None:
    """The other place whose rules are asked for, as the question names it; None for the asker's own and for none.

    ``regions`` are the asker's place and all above it, ``known`` further places worth recognising (those of the
    library's articles). Somebody working in 深圳 who asks how to take their insurance home asks about home.
    """
    said = normalize(question)
    own = {name for region in regions for part in region.split("/") for name in (part, _SUFFIX.sub("", part))}
    if _HERE.search(said) or any(len(name) > 1 and name in said for name in own):
        return None
    next_door = _NEXT_DOOR.search(said)
    if next_door and not _BEFORE.search(said[: next_door.start()]):
        return next_door.group()
    places = {name for place in known for name in (place, _SUFFIX.sub("", place)) if len(name) > 1}
    for match in _pattern(frozenset((_listed() | places) - own)).finditer(said):
        if _is_meant(said, match.start(), match.end()):
            suffix = re.match(_LEVEL, said[match.end() :])
            return match.group() + (suffix.group() if suffix and not _SUFFIX.search(match.group()) else "")
    if _THEIRS.search(said):
        return "外地"
    by_form = _BY_FORM.search(said)
    if by_form and not _AFTER.match(said[by_form.end() :]):
        return by_form.group("name")
    district = _DISTRICT.search(said)
    return district.group("name") if district else None


def _is_meant(said: str, start: int, end: int) -> bool:
    after = said[end:]
    if _BELONGS.search(said[:start]):
        return True
    if _AFTER.match(after):
        return False
    return not _BEFORE.search(said[:start]) or bool(_ASKS_THERE.match(after))
