"""Every refusal of the knowledge base in a sentence an editor can act on, and its status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.knowledge.regions import why_no_region
from bot.web.knowledge_fields import FIELD_WORDS
from bot.web.knowledge_words import say_day
from bot.wording import label
from knowledge_base.article import ArticleStatus, KnowledgeRefused, UnknownArticle
from knowledge_base.editing.entries import Act, Right
from knowledge_base.editing.import_run import TwiceInImport
from knowledge_base.editing.review import (
    EndsAlready,
    EndsTooEarly,
    Incomplete,
    NotYourRight,
    NotYourUnit,
    SamePerson,
    StillRedacted,
    UnknownRegion,
    WrongStage,
)
from knowledge_base.editing.store import BadCursor, StaleArticle
from knowledge_base.gaps.proposals import ProposalOver, UnknownProposal
from knowledge_base.gaps.tasks import ReasonMissing, StaleTask, TaskOver, UnknownTask

_RIGHTS = {
    Right.WRITE: "知识编辑",
    Right.BUSINESS_REVIEW: "知识编辑，或负责单位的联络员",
    Right.SECRECY_REVIEW: "督办员",
    Right.REPEAL: "知识编辑或督办员",
}
_DID = {
    Right.WRITE: "这一稿是您写的",
    Right.BUSINESS_REVIEW: "业务审核是您做的",
    Right.SECRECY_REVIEW: "保密审查是您做的",
}
_STAGES = {
    None: "没有草稿",
    ArticleStatus.DRAFT: "还是草稿",
    ArticleStatus.BUSINESS_REVIEW: "正在业务审核",
    ArticleStatus.SECRECY_REVIEW: "正在保密审查",
    ArticleStatus.APPROVED: "已经通过，等着公开",
}


def _too_early(refused: EndsTooEarly) -> str:
    begins, day = say_day(refused.begins), say_day(refused.day)
    how = "废止" if refused.act is Act.REPEAL else "到期"
    return f"它从{begins}起才有，不能在{day}就{how}。请改日期；从来不该公开的，请用“撤下”。"


def _already(refused: EndsAlready) -> str:
    ends, day = say_day(refused.ends), say_day(refused.day)
    if refused.act is Act.REPEAL:
        return f"它本来就从{ends}起废止，写{day}不会有变化。要提前，请写更早的日期。"
    return f"它本来就只到{ends}，写{day}不会有变化。要提前，请写更早的日期；要延长，请修改条目再提交审核。"


def _still_redacted(refused: StillRedacted) -> str:
    where, marks = fields_in_words(refused.fields), "、".join(refused.marks)
    return f"{where}里还有隐去个人信息留下的记号 {marks}。市民看不懂，请改写成能公开的话再提交。"


REFUSALS: dict[type[KnowledgeRefused], tuple[int, Callable[[Any], str]]] = {
    KnowledgeRefused: (409, lambda r: "这一步现在办不了。请查看最新状态后再试。"),
    UnknownArticle: (404, lambda r: "没有这个条目。它可能已经被撤下，请在列表里重新查找。"),
    StaleArticle: (409, lambda r: "这个条目刚刚被别人改过。请看过最新内容再办。"),
    TwiceInImport: (409, lambda r: "这次导入里有两份说的是同一条，只取了第一份。"),
    BadCursor: (400, lambda r: "这一页已经翻不到了，请从第一页重新看。"),
    UnknownTask: (404, lambda r: "没有这个任务。它可能改派给了别的单位。"),
    StaleTask: (409, lambda r: "这个任务刚刚有了变化。请看过最新情况再办。"),
    TaskOver: (409, lambda r: "这个任务已经结束了。"),
    ReasonMissing: (422, lambda r: "请写明理由，它会记在这里。"),
    UnknownProposal: (404, lambda r: "没有这条建议。"),
    ProposalOver: (409, lambda r: "这条建议已经有人处理过了。"),
    WrongStage: (409, lambda r: f"这个条目{_STAGES.get(r.stage, '的状态变了')}，不能{label(r.act)}。"),
    NotYourRight: (403, lambda r: f"{label(r.act)}由{_RIGHTS[r.right]}来做。"),
    NotYourUnit: (403, lambda r: "这个条目由别的单位负责，请那个单位的联络员或知识编辑来办。"),
    SamePerson: (403, lambda r: f"{_DID[r.did]}，{label(r.act)}要请另一个人来做。"),
    EndsTooEarly: (422, _too_early),
    EndsAlready: (422, _already),
    StillRedacted: (422, _still_redacted),
    UnknownRegion: (422, lambda r: f"适用地区：{why_no_region(r.region, r.meant)}。"),
    Incomplete: (422, lambda r: f"还缺：{fields_in_words(r.fields)}。请补上再提交。"),
}


def explain_knowledge(refused: KnowledgeRefused) -> str:
    """The sentence of the nearest known kind."""
    return _of(refused)[1](refused)


def status_of_knowledge(refused: KnowledgeRefused) -> int:
    return _of(refused)[0]


def fields_in_words(names: tuple[str, ...]) -> str:
    return "、".join(FIELD_WORDS.get(name, name) for name in names)


def _of(refused: KnowledgeRefused) -> tuple[int, Callable[[Any], str]]:
    return next(REFUSALS[kind] for kind in type(refused).__mro__ if kind in REFUSALS)
