"""What of a sentence is a place, as text alone: cleared of 在 and 地点：, told apart from more of the story."""

from __future__ import annotations

import re

from bot.talk.heard_beside import places_in

_LONGEST_PLACE = 24
_MOST_READ = 60
_LEAST_STORY = 8
_MUCH = 20
"""From this length on, what tells of trouble is a story though a place stands in it."""
_LEADING = re.compile(
    r"^(?:(?:嗯+|哦|啊|好的|是的|对的|不对|不是|应该|就|(?:把|将)?(?:地[点址]|位置)?(?:改成|改为|改到|换成)|地[点址](?:是|在)?|位置(?:是|在)?|发生在|补充一下|补充|就在|它?在(?!建)|是(?=在|[\u4e00-\u9fff]{2}))[，,。：:\s]*)++"
)
_INSTEAD = re.compile(
    r"^(?:是)?(?P<place>.{2,}?)[，, ]*(?:而)?不是.{2,}$|^不是.{2,}?[，, ]+(?:而)?(?:应该)?(?:是|在)(?P<other>.{2,})$"
)
_TELLS = re.compile(
    r"坏|没人|丢|漏|吵|脏|臭|欠|想|不会|不管|不给|打人|偷|没修|摔|投诉|反映|补办|办理|[了过][，,。！!\s]|[了过]$|一直|天天|怎么|为什么|老板|希望|严重|影响"
)
_ANYTHING_ELSE = re.compile(
    r"[了着过没不坏漏吵脏臭丢想请吗呢怎么]|要|希望|投诉|举报|反映|反应|谢|求|帮|你|他|还有|建议"
)
_FIRM = re.compile(r"(?:公司|厂|店|超市|学校|小学|中学|幼儿园|医院|饭馆|酒店|工地)$")
_PLACE_ENDS = re.compile(
    r"(?:(?<![会么样好])弄|[路街巷村镇乡区楼栋幢桥站场园店厂校口门院室局港湾山河湖塘苑城府庭]|巷子|胡同|工地|项目部|[东西南北]门|[后前里]面|院子|楼[上下]|隔壁|[路河]边|桥头|交叉口|\d+米(?:处|远)?|[栋幢楼座]\d{1,4}室?|单元\d{1,4}室?|大厅|中心|公司|小学|中学|单元|附近|旁边|对面|门口|路口|那里|那边|边上|\d+[号室组幢栋楼])$"
)


def place_said(text: str) -> str:
    """“嗯，在新华路” is 新华路; “是滨江公园，不是滨河公园” is 滨江公园."""
    if len(text) > _MOST_READ:
        return text.strip()
    found = _INSTEAD.fullmatch(text.strip())
    if found:
        text = found["place"] or found["other"]
    return _LEADING.sub("", text).strip(" ，,。：:") or text.strip()


def bare_place(text: str) -> str | None:
    """The place, where a sentence is nothing else: not a word of what is the matter there."""
    place = place_said(text)
    if not 3 <= len(place) <= _LONGEST_PLACE or _ANYTHING_ELSE.search(place):
        return None
    found = places_in(place)
    return place if _PLACE_ENDS.search(place) or (found and found[0] == place) else None


def together(before: str | None, place: str) -> str:
    """A firm told first and then where it is are one place; any other place told later takes the first one's place."""
    firm = before is not None and _FIRM.search(before) is not None and _FIRM.search(place) is None
    return f"{place}{before}" if firm and before and before not in place else place


_NO_NAME = re.compile(
    r"(?:就|也|还|是|在|[，,。 ])*+(?:我|俺|咱|自己)?们?(?:自己)?(?:家|小区|村|单位|楼|店)?的?"
    r"(?:里|里面|楼上|楼下|楼道|门口|隔壁|旁边|边上|附近|对面|后面|前面|外面|这里|这儿|那里|那儿|这边|那边)?"
)


def names_no_place(text: str) -> bool:
    """“就在我家门口”: a place only to whoever knows where they live."""
    return 1 < len(text) <= _LEAST_STORY + 2 and _NO_NAME.fullmatch(text.strip(" 。，,！!")) is not None


def tells_a_story(text: str) -> bool:
    """Said at the question where, it is about what is the matter."""
    if len(text) < _LEAST_STORY or not _TELLS.search(text):
        return False
    return len(text) >= _MUCH or not (places_in(text) or _PLACE_ENDS.search(text.rstrip(" 。，,！!？?")))
