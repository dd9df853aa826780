"""The column names offices use in lists of guides, questions, policies and catalogues, and what they mean here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from knowledge_base.article import ArticleKind
from knowledge_base.importing.numerals import folded, without_spaces

GUIDE_FIELDS = (
    "matter",
    "legal_basis",
    "procedure",
    "conditions",
    "promised_time",
    "fees",
    "quota",
    "materials",
    "one_time_notice",
    "window",
    "phone",
)
_NAMES: Mapping[str, tuple[str, ...]] = {
    "question": (
        "问题",
        "标准问",
        "标准问题",
        "提问",
        "咨询问题",
        "常见问题",
        "问",
        "主问题",
        "咨询内容",
        "问题名称",
        "问题标题",
    ),
    "answer": (
        "答案",
        "答复",
        "回答",
        "解答",
        "标准答案",
        "答",
        "答复内容",
        "回复",
        "回复内容",
        "标准答复",
        "问题答案",
        "解答内容",
        "参考答案",
    ),
    "variants": (
        "相似问",
        "相似问题",
        "其他问法",
        "扩展问",
        "扩展问题",
        "同义问",
        "问法",
        "常见问法",
        "别称",
        "俗称",
        "市民怎么问",
        "通俗说法",
    ),
    "basis": ("依据", "政策依据", "依据文件", "来源文件", "出处", "政策来源", "答复依据"),
    "title": ("标题", "文件名称", "文件标题", "名称", "信息名称", "政策名称"),
    "name": (
        "事项名称",
        "事项",
        "办事事项",
        "服务事项",
        "事项名",
        "服务名称",
        "指南名称",
        "主项名称",
        "业务名称",
    ),
    "body": ("正文", "内容", "文件内容", "正文内容", "政策内容", "全文"),
    "document_number": ("文号", "发文字号", "文件编号", "发布文号"),
    "issuer": ("发文机关", "发布机构", "发文单位", "发布单位", "制定机关", "发布机关"),
    "unit": (
        "责任单位",
        "主管部门",
        "负责单位",
        "承办单位",
        "实施主体",
        "办理单位",
        "责任部门",
        "归口单位",
        "实施机构",
        "办理部门",
        "所属部门",
        "答复单位",
        "承办部门",
        "主管单位",
        "实施机关",
    ),
    "region": ("适用区域", "适用地区", "地区", "区域", "行政区划", "适用范围地区", "区划", "所属地区"),
    "topic": ("主题", "类别", "分类", "问题分类", "事项分类", "主题分类", "领域"),
    "written_on": ("成文日期", "发文日期"),
    "published_on": (
        "发布日期",
        "公布日期",
        "更新日期",
        "更新时间",
        "发布时间",
        "公开日期",
        "答复日期",
        "公开时间",
        "编制日期",
    ),
    "effective_on": ("施行日期", "生效日期", "实施日期", "执行日期", "起始日期"),
    "expires_on": ("有效期至", "失效日期", "有效期", "截止日期", "有效期限至", "终止日期", "失效时间"),
    "matter": ("审批内容", "办理内容", "办理事项内容", "事项内容", "服务内容", "事项简介", "事项说明"),
    "legal_basis": ("法律依据", "设定依据", "办理依据", "实施依据", "审批依据", "设立依据"),
    "procedure": ("办理程序", "办理流程", "审批程序", "流程", "办事流程", "申请程序", "办理步骤", "审批流程"),
    "conditions": (
        "办理条件",
        "受理条件",
        "申请条件",
        "审批条件",
        "申办条件",
        "办事条件",
        "许可条件",
        "准予条件",
    ),
    "promised_time": (
        "承诺时限",
        "办理时限",
        "承诺办结时限",
        "法定时限",
        "审批时限",
        "办结时限",
        "承诺期限",
        "办理时间",
        "时限",
        "办理期限",
    ),
    "fees": ("收费标准", "是否收费", "收费情况", "收费依据及标准", "收费", "收费标准及依据", "收费依据"),
    "quota": ("数量限制", "审批数量", "有无数量限制", "名额限制", "数量"),
    "materials": (
        "申请材料",
        "申请材料目录",
        "申请材料目录及示范文本",
        "所需材料",
        "材料清单",
        "办理材料",
        "申报材料",
        "提交材料",
        "材料目录",
        "需要材料",
    ),
    "one_time_notice": (
        "一次告知",
        "一次性告知",
        "一次告知单",
        "一次性告知单",
        "一次告知清单",
        "注意事项",
        "温馨提示",
        "一次性告知内容",
        "备注说明",
        "特别提示",
    ),
    "window": (
        "办理地点",
        "受理地点",
        "办理窗口",
        "受理窗口",
        "办公地址",
        "办事地点",
        "办理地址",
        "窗口",
        "地址",
        "办公地点",
    ),
    "phone": ("咨询电话", "联系电话", "电话", "咨询方式", "办公电话", "服务电话", "联系方式"),
    "index_number": ("索引号", "索引编号", "目录编号", "信息索引号"),
    "category": ("信息类别", "公开事项", "目录类别", "信息分类", "一级事项", "公开目录", "目录名称"),
    "disclosure": ("公开方式", "公开属性", "公开类型"),
    "form": ("公开渠道", "公开渠道和载体", "公开形式", "公开载体", "载体形式"),
    "time_limit": ("公开时限", "公开期限", "更新时限"),
    "link": ("链接", "网址", "公开链接", "链接地址"),
}
_MEANING = {name: ours for ours, names in _NAMES.items() for name in names}
_LONGEST = sorted((name for name in _MEANING if len(name) >= 3), key=len, reverse=True)
LABELS = {ours: names[0] for ours, names in _NAMES.items()}
"""Our column → the commonest name, for messages."""


def meaning(header: str) -> str | None:
    """Our name for a header; what stands in brackets, stars and 「（必填）」 do not count, nor does a longer wording."""
    bare = re.sub(r"[（(\[【].*?[）)\]】]|[*＊:：\s?？]", "", folded(header))
    bare = without_spaces(bare)
    if not bare or len(bare) > 20:
        return None
    if bare in _MEANING:
        return _MEANING[bare]
    for name in _LONGEST:
        if bare.endswith(name) or bare.startswith(name):
            return _MEANING[name]
    return None


def kind_of(columns: Sequence[str | None]) -> ArticleKind | None:
    """What a table with these columns lists; None when it is no list of ours."""
    known = set(columns)
    if "question" in known and "answer" in known:
        return ArticleKind.QUESTION
    guide = known & set(GUIDE_FIELDS)
    if (known & {"name", "title"} and len(guide) >= 2) or ("matter" in known and len(guide) >= 3):
        return ArticleKind.GUIDE
    if known & {"title", "name"} and "body" in known:
        return ArticleKind.POLICY
    if known & {"index_number", "category"} and known & {"title", "name", "disclosure", "form"}:
        return ArticleKind.CATALOGUE
    return None
