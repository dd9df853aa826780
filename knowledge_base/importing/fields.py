"""What a head table names outright: 发文字号, 成文日期, 索引号… on one line each or side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge_base.importing.numerals import without_spaces

FIELD_NAMES = {
    "document_number": (
        "发文字号",
        "发布文号",
        "文号",
        "文件编号",
        "公文文号",
        "文件号",
        "发文文号",
        "公开文号",
    ),
    "title": ("标题", "名称", "文件名称", "信息名称", "文件标题", "公文名称", "信息标题"),
    "issuer": (
        "发文机关",
        "制定机关",
        "发布机关",
        "发布机构",
        "发文单位",
        "发布单位",
        "公开机构",
        "公布机关",
        "发文机构",
        "制发机关",
    ),
    "written_on": ("成文日期", "成文时间", "发文日期", "发文时间", "签发日期", "印发日期", "制定日期"),
    "published_on": ("发布日期", "公布日期", "发布时间", "公开日期", "公布时间", "公开时间", "生成日期"),
    "effective_on": ("施行日期", "生效日期", "实施日期", "执行日期", "生效时间", "施行时间", "实施时间"),
    "expires_on": ("失效日期", "有效期至", "失效时间", "截止日期", "有效期限至", "终止日期"),
    "repealed_on": ("废止日期", "废止时间"),
    "index_number": ("索引号", "索引编号", "信息索引号"),
    "topic": ("主题分类", "主题词", "信息分类", "体裁分类", "组配分类", "公文种类", "内容分类"),
    "state": ("有效性", "时效性", "效力状态", "文件状态", "是否有效", "效力"),
}
_OURS = {name: ours for ours, names in FIELD_NAMES.items() for name in names}
_LABELS = sorted(_OURS, key=len, reverse=True)
_LABEL = "|".join(r"\s*".join(map(re.escape, name)) for name in _LABELS)
FIELD = re.compile(rf"(?:[\[【]\s*({_LABEL})\s*[\]】]\s*[:：]?|(?:^|(?<=[\s|;；]))({_LABEL})\s*[:：|]+)\s*")


def fields_in(lines: Sequence[str]) -> dict[str, str]:
    """What a head table names outright: 「发文字号：…」, 「[成文日期] …」, 「索 引 号 | …」; by our own names."""
    found: dict[str, str] = {}
    for line in _with_values(lines):
        marks = list(FIELD.finditer(line))
        for at, match in enumerate(marks):
            end = marks[at + 1].start() if at + 1 < len(marks) else len(line)
            value = line[match.end() : end].strip(" |[【;；")
            name = _OURS[without_spaces(match[1] or match[2])]
            if value and re.search(r"\w", value) and len(value) < 200:
                found.setdefault(name, re.split(r"\s*\|\s*", value)[0])
    return found


def _with_values(lines: Sequence[str]) -> list[str]:
    """Lines with a label that stands alone joined to the value below it."""
    joined_lines: list[str] = []
    waiting = False
    for line in lines:
        if waiting and not FIELD.match(line):
            joined_lines[-1] += " " + line
            waiting = False
            continue
        match = FIELD.match(line)
        waiting = match is not None and match.end() == len(line)
        joined_lines.append(line)
    return joined_lines
