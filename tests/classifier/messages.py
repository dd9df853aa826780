"""Messages made up for the tests: three topics, drawn from small lists of phrases."""

from __future__ import annotations

import json
import random
from pathlib import Path

from classifier.labelled import LabelledText

_WHO = [
    "我们小区",
    "城东菜场旁",
    "三中门口",
    "河边步道",
    "老街",
    "新村二期",
    "南门",
    "汽车站附近",
    "六组",
    "镇上",
]
_WHEN = ["已经一个月", "从上周开始", "每天晚上", "下雨以后", "快半年了", "这几天", "入冬以来", "反映过两次"]
_END = ["请尽快处理。", "希望有人管管。", "什么时候能解决？", "谢谢。", "等您回复。", "居民意见很大。"]
_MATTERS = {
    "城市管理": ["路灯不亮", "井盖破损", "人行道塌了一块", "垃圾堆了没人清", "流动摊贩占道", "违章建筑没拆"],
    "社会保障": [
        "医保卡刷不了",
        "养老金没有到账",
        "工伤认定不给办",
        "老板拖欠工资",
        "社保断缴怎么补",
        "失业金领不了",
    ],
    "教育": [
        "学校乱收补课费",
        "小学学位不够",
        "幼儿园学费太贵",
        "老师布置作业太多",
        "中考加分政策不清楚",
        "校服质量差",
    ],
}


def made_up(count: int, *, seed: int = 7) -> list[LabelledText]:
    """``count`` different messages with a title line, their labels in turn."""
    draw = random.Random(seed)
    labels = list(_MATTERS)
    rows: dict[str, LabelledText] = {}
    while len(rows) < count:
        label = labels[len(rows) % len(labels)]
        first, second = draw.sample(_MATTERS[label], 2)
        who, number = draw.choice(_WHO), draw.randint(1, 99)
        body = f"{who}{draw.choice(_WHEN)}{first}，{number}号这边{second}，{draw.choice(_END)}"
        text = f"{who}{first}\n{body}"
        rows.setdefault(text, LabelledText(text, label))
    return list(rows.values())


def write_rows(path: Path, rows: list[LabelledText]) -> Path:
    """The rows as JSON Lines."""
    lines = (json.dumps({"text": row.text, "label": row.label}, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
