"""The Chinese labels of the knowledge base: its entries, tasks, figures and acts."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from knowledge_base.article import ArticleKind, ArticleStatus, Disclosure, IssuerLevel, Validity
from knowledge_base.editing.diff import PieceKind
from knowledge_base.editing.entries import Act, Right
from knowledge_base.gaps.figures import Excluded, KnowledgeFigure
from knowledge_base.gaps.gathering import Lack
from knowledge_base.gaps.proposals import ProposalState
from knowledge_base.gaps.tasks import TaskAct, TaskKind, TaskState

KNOWLEDGE_WORDS: dict[type[StrEnum], dict[Any, str]] = {
    ArticleKind: {
        ArticleKind.POLICY: "政策文件",
        ArticleKind.QUESTION: "问答",
        ArticleKind.GUIDE: "办事指南",
        ArticleKind.CATALOGUE: "信息公开目录",
    },
    ArticleStatus: {
        ArticleStatus.DRAFT: "草稿",
        ArticleStatus.BUSINESS_REVIEW: "业务审核中",
        ArticleStatus.SECRECY_REVIEW: "保密审查中",
        ArticleStatus.APPROVED: "等待公开",
        ArticleStatus.PUBLISHED: "已公开",
        ArticleStatus.EXPIRED: "已失效",
        ArticleStatus.REPEALED: "已废止",
    },
    IssuerLevel: {
        IssuerLevel.NATIONAL: "国家",
        IssuerLevel.PROVINCE: "省",
        IssuerLevel.CITY: "市",
        IssuerLevel.COUNTY: "县",
        IssuerLevel.TOWNSHIP: "乡镇",
    },
    Disclosure: {Disclosure.PROACTIVE: "主动公开", Disclosure.ON_REQUEST: "依申请公开"},
    Validity: {
        Validity.IN_FORCE: "现行有效",
        Validity.UNPUBLISHED: "未公开",
        Validity.UPCOMING: "尚未施行",
        Validity.EXPIRED: "已失效",
        Validity.REPEALED: "已废止",
    },
    TaskKind: {
        TaskKind.GAP: "群众常问未答",
        TaskKind.LAPSED_BASIS: "依据已失效",
        TaskKind.EXPIRING: "即将到期",
        TaskKind.STALE: "久未复核",
    },
    TaskState: {
        TaskState.OPEN: "待办",
        TaskState.LINKED: "条目编写中",
        TaskState.DONE: "已完成",
        TaskState.CLOSED: "已关闭",
    },
    TaskAct: {
        TaskAct.OPENED: "生成任务",
        TaskAct.ASSIGNED: "改由其他单位办理",
        TaskAct.LINKED: "关联条目",
        TaskAct.DONE: "完成",
        TaskAct.CLOSED: "关闭",
    },
    ProposalState: {
        ProposalState.OPEN: "待处理",
        ProposalState.TAKEN: "已采用",
        ProposalState.DISMISSED: "不采用",
    },
    Lack: {Lack.UNANSWERED: "没有答案", Lack.LAPSED: "原答案已失效", Lack.UNHELPFUL: "答了没用"},
    KnowledgeFigure: {
        KnowledgeFigure.ANSWERED: "命中率",
        KnowledgeFigure.SELF_SERVED: "自助解决率",
        KnowledgeFigure.HELPFUL: "有用率",
        KnowledgeFigure.STALE: "久未复核率",
        KnowledgeFigure.DAYS_TO_UPDATE: "缺口补充用时（天）",
        KnowledgeFigure.OVERDUE_TASKS: "任务逾期率",
        KnowledgeFigure.TASKS_ON_TIME: "任务按期率",
    },
    Excluded: {
        Excluded.TO_A_PERSON: "按规定转人工",
        Excluded.ELSEWHERE: "问外地的事",
        Excluded.CLOSED: "已关闭",
        Excluded.NOT_YET_DUE: "尚未到期",
    },
    Right: {
        Right.WRITE: "编写",
        Right.BUSINESS_REVIEW: "业务审核",
        Right.SECRECY_REVIEW: "保密审查",
        Right.REPEAL: "废止",
    },
    Act: {
        Act.START: "起草",
        Act.SAVE: "修改",
        Act.IMPORT: "导入",
        Act.SUBMIT: "提交审核",
        Act.APPROVE: "审核通过",
        Act.REFUSE: "退回修改",
        Act.WITHDRAW: "撤回",
        Act.DISCARD: "放弃草稿",
        Act.CONFIRM: "复核无误",
        Act.REPEAL: "废止",
        Act.EXPIRE: "提前失效",
        Act.TAKE_DOWN: "撤下",
        Act.PUBLISH: "到日公开",
        Act.LOAD: "初始载入",
    },
    PieceKind: {PieceKind.SAME: "未变", PieceKind.ADDED: "新增", PieceKind.REMOVED: "删去"},
}
