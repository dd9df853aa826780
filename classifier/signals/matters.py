"""Everyday matters by the words that name them: only to tell whether two passages speak of the same one."""

from __future__ import annotations

from classifier.signals.triggers import Triggers, alternatives_of

_MATTERS: tuple[str, ...] = (
    r"路灯|楼道的?灯|灯不亮|照明",
    r"停水|断水|自来水|水费|水压|供水|没水|水表|用水",
    r"下水道|污水|积水|水渠|化粪池|返水|排水",
    r"停电|断电|电费|电线|供电|跳闸|变压器|没电",
    r"燃气|天然气|煤气|停气",
    r"暖气|供暖|供热",
    r"电梯",
    r"门禁",
    r"噪音|噪声|吵|广场舞|扰民|打桩|夜间施工|半夜施工|麻将馆",
    r"油烟|烧烤|排烟",
    r"垃圾|保洁|环境卫生|卫生太差|脏乱",
    r"修路|大坑|坑洼|坑坑|路面|井盖|塌陷|道路破损|断头路",
    r"红绿灯|斑马线|信号灯|人行横道",
    r"公交|班次|甩站|地铁|班车",
    r"停车|车位|充电桩",
    r"流浪狗|养狗|狗不|宠物狗|犬|遛狗",
    r"违建|搭建|违章建筑",
    r"物业费",
    r"报名|入学|学位|学籍|转学|幼儿园|小学|上学|开学|学费|学区|中考|高考",
    r"医保|医疗保险|报销",
    r"社保|养老金|养老保险|失业金|退休|高龄津贴|老龄津贴",
    r"工资|欠薪|加班费",
    r"居住证|身份证|护照|准生证|老年证|优待证|驾驶证|通行证|开证明",
    r"落户",
    r"公租房|廉租房|危房|过户|二手房|房东|租房|拆迁|安置房|交房",
    r"公积金",
    r"退款|不退|翻新机|假货|健身房|预付|培训机构|假药",
    r"快递|包裹",
    r"宽带|网络|基站",
    r"低保|残疾|救助|补贴|补助|消费券",
    r"疫苗|卫生室|挂号|门诊",
    r"废水|扬尘|黑烟|养鸡场|养猪场|焚烧",
    r"个税|契税|税费|发票",
    r"公厕|厕所",
    r"绿化|草坪|树枝|大树",
    r"漏水|渗水",
    r"优亲厚友|村干部|村务",
    r"河道|电鱼|采砂",
    r"诈骗|传销|赌博",
    r"结婚|离婚|生育",
    r"营业执照|经营许可",
)
_WATCHED = tuple((at, one) for at, words in enumerate(_MATTERS) for one in alternatives_of(words))
MATTER_TRIGGERS = Triggers(pattern for _, pattern in _WATCHED)


def matters_named(text: str) -> frozenset[int]:
    """The matters whose words stand in the text, by number."""
    return frozenset(_WATCHED[number][0] for number, _ in MATTER_TRIGGERS.found(text))
