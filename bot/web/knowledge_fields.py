"""The inputs of the editing form, kind by kind, and what people call each field."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge_base.answering.aspects import LABELS, Aspect
from knowledge_base.article import ArticleKind, Disclosure, IssuerLevel
from knowledge_base.importing.limits import MAX_TEXT

MOST_TEXT = MAX_TEXT
MOST_LINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One input. ``kind``: line, text, lines (one a line), date, unit, choice."""

    name: str
    words: str
    kind: str = "line"
    hint: str = ""
    rows: int = 3
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    most: int = MOST_LINE


_LEVELS = (
    (IssuerLevel.NATIONAL, "国家"),
    (IssuerLevel.PROVINCE, "省级"),
    (IssuerLevel.CITY, "市级"),
    (IssuerLevel.COUNTY, "县级"),
    (IssuerLevel.TOWNSHIP, "乡镇（街道）"),
)
_DISCLOSURES = ((Disclosure.PROACTIVE, "主动公开"), (Disclosure.ON_REQUEST, "依申请公开"))

_HEAD = (
    FormField(
        name="title", words="标题", required=True, hint="市民看得懂的名称，例如：社会保障卡补领办事指南"
    ),
)
_SOURCE = (
    FormField(name="issuer", words="发布单位", required=True, hint="例如：清和县人力资源和社会保障局"),
    FormField(name="document_number", words="文号", hint="例如：清人社办〔2026〕3号；没有就不填"),
    FormField(name="level", words="层级", kind="choice", options=tuple((k.value, w) for k, w in _LEVELS)),
    FormField(name="region", words="适用地区", required=True, hint="例如：清和县；全国都适用的填“全国”"),
    FormField(name="owner_unit_id", words="负责单位", kind="unit", required=True),
    FormField(name="topic", words="主题", hint="例如：劳动和社会保障"),
)
_DATES = (
    FormField(name="published_on", words="发布日期", kind="date", required=True),
    FormField(name="effective_on", words="施行日期", kind="date", hint="不填就从发布那天起"),
    FormField(name="expires_on", words="有效期至", kind="date", hint="长期有效的不填"),
    FormField(name="shown_from", words="定时公开", kind="date", hint="不填，审核通过就公开"),
)
_REPEALED = FormField(
    name="repealed_on", words="废止日期", kind="date", hint="废止错了的，清空再提交审核，通过后恢复"
)
GUIDE_FIELDS: tuple[tuple[Aspect, int, str], ...] = (
    (Aspect.MATTER, 2, "办的是什么事"),
    (Aspect.LEGAL_BASIS, 2, "法规名称和条文号"),
    (Aspect.PROCEDURE, 5, "按步骤写：1. …；2. …"),
    (Aspect.CONDITIONS, 3, "谁可以办，要满足什么"),
    (Aspect.PROMISED_TIME, 2, "例如：当场办结；5个工作日"),
    (Aspect.FEES, 2, "不收费也要写明“不收费”"),
    (Aspect.QUOTA, 2, "没有就写“不限”"),
    (Aspect.MATERIALS, 5, "一行一样，写明原件还是复印件、几份"),
    (Aspect.NOTICE, 3, "一次说清：容易漏的、容易白跑的"),
    (Aspect.WINDOW, 2, "地点、窗口、上班时间"),
    (Aspect.PHONE, 1, "窗口电话"),
)
_EIGHT = 8
"""The first of them are the eight public fields (八公开)."""
_QUESTIONS = FormField(
    name="questions",
    words="市民会怎么问",
    kind="lines",
    rows=5,
    hint="一行一种问法，照平常说话写。例如：社保卡丢了怎么补",
    most=8000,
)
_LAWS = FormField(
    name="laws",
    words="依据的法律法规",
    kind="lines",
    rows=2,
    hint="一行一部。例如：《中华人民共和国社会保险法》第五十八条",
    most=4000,
)
_BODIES = {
    ArticleKind.POLICY: FormField(
        name="body",
        words="正文",
        kind="text",
        rows=22,
        required=True,
        hint="原文。条文各起一行，以“第一条”“第二条”开头，回答时才能引到条。",
        most=MOST_TEXT,
    ),
    ArticleKind.QUESTION: FormField(
        name="body",
        words="答案",
        kind="text",
        rows=8,
        required=True,
        hint="先说结论，再说怎么办。微信里一次能看200字左右。",
        most=MOST_TEXT,
    ),
    ArticleKind.CATALOGUE: FormField(
        name="body", words="内容概述", kind="text", rows=4, hint="这条信息讲了什么", most=MOST_TEXT
    ),
}
_CATALOGUE = (
    FormField(name="index_number", words="索引号", required=True),
    FormField(name="category", words="信息分类", required=True),
    FormField(
        name="disclosure",
        words="公开方式",
        kind="choice",
        options=tuple((k.value, w) for k, w in _DISCLOSURES),
    ),
    FormField(name="form", words="公开形式", hint="例如：政府网站、公告栏"),
    FormField(name="time_limit", words="公开时限", hint="例如：形成之日起20个工作日内"),
    FormField(name="link", words="原文地址", hint="https://…"),
)


@dataclass(frozen=True, slots=True)
class FieldSet:
    """Fields that belong together under one heading."""

    heading: str
    fields: tuple[FormField, ...]
    columns: bool = False


def field_sets(kind: ArticleKind, *, repealed: bool = False) -> tuple[FieldSet, ...]:
    """The form of that kind of entry, in the order it is written. What was ``repealed`` can be brought back by reviews."""
    sets = [FieldSet("", _HEAD)]
    if kind is ArticleKind.GUIDE:
        fields = [_guide_field(each, rows, hint) for each, rows, hint in GUIDE_FIELDS]
        sets += [
            FieldSet("八公开", tuple(fields[:_EIGHT])),
            FieldSet("一次告知和窗口", tuple(fields[_EIGHT:])),
        ]
    else:
        sets.append(FieldSet("", (_BODIES[kind],)))
    if kind is ArticleKind.CATALOGUE:
        sets.append(FieldSet("目录项", _CATALOGUE, columns=True))
    sets.append(FieldSet("", (_QUESTIONS,)))
    sets.append(FieldSet("出处", _SOURCE, columns=True))
    sets.append(FieldSet("日期", (*_DATES, _REPEALED) if repealed else _DATES, columns=True))
    sets.append(FieldSet("", (_LAWS,)))
    return tuple(sets)


def _guide_field(aspect: Aspect, rows: int, hint: str) -> FormField:
    lines = aspect is Aspect.MATERIALS
    return FormField(
        name=f"guide.{aspect}",
        words=LABELS[aspect],
        kind="lines" if lines else "text",
        rows=rows,
        hint=hint,
        required=aspect is Aspect.MATTER,
        most=20_000,
    )


FIELD_WORDS: dict[str, str] = {
    **{each.name: each.words for each in (*_HEAD, *_SOURCE, *_DATES, *_CATALOGUE, _QUESTIONS, _LAWS)},
    **{f"guide.{aspect}": LABELS[aspect] for aspect in Aspect},
    **{f"catalogue.{each.name}": each.words for each in _CATALOGUE},
    "body": "正文",
    "basis": "依据",
    "repeals": "废止的文件",
    "amends": "修订的文件",
    "repealed_on": "废止日期",
    "guide": "办事指南的内容",
    "catalogue": "目录项",
    "reason": "理由",
    "kind": "类别",
    "source": "导入来源",
    "status": "状态",
}
"""What people call a field, in differences and in complaints."""


VALUE_WORDS: dict[str, str] = {
    **{value.value: words for value, words in _LEVELS},
    **{value.value: words for value, words in _DISCLOSURES},
}
"""Stored values in the reader's words; the titles of related entries are added by who shows differences."""
