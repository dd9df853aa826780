"""Whose word a document is, read off the issuer's name: 国务院办公厅, 云川市人民政府, 清和县民政局, 柳林镇人民政府."""

from __future__ import annotations

import re

from knowledge_base.article import IssuerLevel

_NATIONAL = re.compile(
    r"^(?:中共中央|中央|国务院|中华人民共和国|全国|最高人民|国家(?!税务总局.{2,}[省市县区])|中国|财政部|教育部|公安部|民政部|司法部|商务部|外交部|科技部|科学技术部|工业和信息化部|人力资源(?:和)?社会保障部|自然资源部"
    r"|生态环境部|住房(?:和)?城乡建设部|交通运输部|水利部|农业农村部|文化和旅游部|应急管理部|应急部|退役军人事务部|审计署|海关总署|税务总局|市场监管总局|体育总局|医保局|国资委|银保监会|证监会)"
)
# 城乡, 城市, 城镇 and 社区 are parts of other words (住房和城乡建设局, 城市管理局).
_UNIT = (
    r"[\u4e00-\u9fff]{2,8}?(?:自治区|自治州|自治县|特别行政区|新区|开发区|省|(?<!城)市|县|(?<![社辖园地片景城])区|州|盟|旗"
    r"|(?<!城)镇|(?<!城)乡|街道)"
)
_PLACE = re.compile(rf"^(?:中共|国家税务总局|国网|中国人民银行|中国农业发展银行|共青团)?((?:{_UNIT})++)")
_LAST = re.compile(_UNIT)
_LEVELS = (
    (("街道", "镇", "乡"), IssuerLevel.TOWNSHIP),
    (("自治县", "县", "新区", "开发区", "旗"), IssuerLevel.COUNTY),
    (("自治区", "省"), IssuerLevel.PROVINCE),
    (("自治州", "州", "盟", "市"), IssuerLevel.CITY),
    (("区",), IssuerLevel.COUNTY),
)
_CITIES_LIKE_PROVINCES = ("北京市", "上海市", "天津市", "重庆市")


def place_of(issuer: str) -> str:
    """The lowest place an issuer's name begins with (云川市清和县民政局 → 清和县); "" when it names none."""
    match = _PLACE.match(issuer)
    if not match:
        return ""
    parts = _LAST.findall(match[1])
    return str(parts[-1]) if parts else ""


def level_of(issuer: str) -> IssuerLevel | None:
    """National, province, city, county or township; None when the name does not tell."""
    first = re.split(r"[、\s]", issuer, maxsplit=1)[0]
    place = place_of(first)
    if not place:
        return IssuerLevel.NATIONAL if _NATIONAL.match(first) else _abbreviated(first)
    if place in _CITIES_LIKE_PROVINCES:
        return IssuerLevel.PROVINCE
    for endings, level in _LEVELS:
        if place.endswith(endings):
            return level
    return None


def _abbreviated(issuer: str) -> IssuerLevel | None:
    """市财政局, 县政府办公室: the place is left out, the level is not."""
    levels = {
        "省": IssuerLevel.PROVINCE,
        "市": IssuerLevel.CITY,
        "县": IssuerLevel.COUNTY,
        "区": IssuerLevel.COUNTY,
        "镇": IssuerLevel.TOWNSHIP,
        "乡": IssuerLevel.TOWNSHIP,
    }
    return levels.get(issuer[:1])
