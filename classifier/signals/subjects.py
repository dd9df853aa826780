"""What a passage is about, in finer grains than the everyday matters: tells whether a new request has begun.

Words of one group belong to one story ("the bin was moved, it smells, flies come"), so a group is as wide as a
complaint wanders, and two requests are seen only where their groups differ.
"""

from __future__ import annotations

from classifier.signals.triggers import Triggers, alternatives_of

_SUBJECTS: tuple[str, ...] = (
    r"路灯|楼道的?灯|灯不亮|照明|灯坏",
    r"停水|断水|自来水|水费|水压|供水|没水|水表|用水|水管|抽水|抽不上来水|水井|的井",
    r"下水道|下水|污水|积水|水渠|化粪池|返水|返臭|排水|淹",
    r"停电|断电|电费|电线|供电|跳闸|变压器|没电|电表|电压",
    r"燃气|天然气|煤气|停气|液化气",
    r"暖气|供暖|供热|取暖",
    r"电梯",
    r"门禁|监控|小区大门|单元门",
    r"噪音|噪声|吵|广场舞|扰民|打桩|夜间施工|半夜施工|麻将馆|KTV|唱歌|音响|喇叭",
    r"油烟|烧烤|排烟",
    r"垃圾|保洁|环境卫生|卫生太差|脏乱|臭|苍蝇|蚊子|老鼠|蟑螂",
    r"修路|大坑|坑洼|坑坑|路面|井盖|塌陷|道路破损|断头路|人行道|盲道|路砖",
    r"红绿灯|斑马线|信号灯|人行横道|减速带|绿灯|过马路",
    r"公交|班次|甩站|地铁|班车|校车|末班车|首班|火车|高铁|接驳",
    r"停车|车位|违停|僵尸车|挪车|占道停",
    r"充电桩|充电|电动车|电瓶车",
    r"共享单车|单车",
    r"流浪狗|养狗|狗不|宠物|犬|遛狗|狗证|狗叫|猫",
    r"违建|搭建|违章建筑",
    r"物业费",
    r"幼儿园|小学|上学|开学|入学|学位|学籍|转学|学区|中考|高考|划片|校服|补课|托管",
    r"医保|医疗保险|报销|异地备案|门诊|住院",
    r"社保|养老金|养老保险|失业|退休",
    r"高龄|老龄津贴|老年证|老年卡|养老院|老年",
    r"工资|欠薪|加班|劳动合同",
    r"居住证|暂住证",
    r"身份证",
    r"护照|通行证|签证",
    r"驾驶证|驾照|行驶证|年审|年检|牌照|上牌|车牌",
    r"社保卡|市民卡|公交卡",
    r"落户|户口|户籍",
    r"公租房|廉租房|租房补贴|人才公寓|保障房|青年公寓",
    r"危房|宅基地|翻建|建房",
    r"过户|二手房|不动产|房产证|交房|契税",
    r"房东|押金|租金|退租|租的房",
    r"拆迁|安置房|过渡费|征地|征收",
    r"公积金",
    r"退款|不退|翻新机|假货|健身房|预付|办卡|美容|理发|培训机构|网购|三无",
    r"快递|包裹",
    r"宽带|网络|基站|网速|没信号|信号",
    r"低保|困难补助|大病救助|临时救助",
    r"残疾",
    r"农机|种粮|粮补|种子|化肥|农田|浇地|浇不了地",
    r"疫苗|接种|卫生室|挂号|体检|筛查|两癌",
    r"废水|黑烟|养鸡场|养猪场|焚烧|排污|工厂|放烟|废气",
    r"扬尘|渣土|洒水|工地",
    r"个税|税费|发票|税务",
    r"公厕|厕所",
    r"绿化|草坪|树枝|大树|树木|砍树",
    r"漏水|渗水|漏雨",
    r"优亲厚友|村干部|村务|村支书",
    r"河道|电鱼|采砂|河里",
    r"诈骗|传销|赌博|麻将",
    r"结婚|离婚|婚姻登记",
    r"生育津贴|生育|产假|准生",
    r"营业执照|经营许可|食品证|卫生许可|个体户|办证排队|食品经营",
    r"创业贷款|创业|贷款",
    r"就业|招聘|职称|资格证|技能补贴|考证",
    r"殡葬|丧葬|墓|火化",
    r"公园|健身器材|篮球场|长椅|凉亭",
    r"图书馆|博物馆|景区|门票",
    r"献血|志愿者",
    r"退伍|优抚|军人",
    r"消费券",
    r"摊贩|摆摊|占道经营|小贩|夜市|早市",
    r"广告|招牌|小广告",
    r"公证|遗产|继承|法律援助",
    r"出租车|网约车",
    r"消防通道|消防",
)
_WATCHED = tuple((at, one) for at, words in enumerate(_SUBJECTS) for one in alternatives_of(words))
_SUBJECT_TRIGGERS = Triggers(pattern for _, pattern in _WATCHED)


def subjects_of(text: str) -> frozenset[int]:
    """What the text is about, by number of the group."""
    return frozenset(_WATCHED[number][0] for number, _ in _SUBJECT_TRIGGERS.found(text))


_PAPERS = ("居住证", "身份证", "落户", "社保卡", "结婚")
_CIRCUMSTANCES = (*_PAPERS, "社保", "医保", "幼儿园", "低保", "残疾", "工资", "高龄", "公积金", "退伍")


def _groups(first_words: tuple[str, ...]) -> frozenset[int]:
    return frozenset(at for at, words in enumerate(_SUBJECTS) if words.startswith(first_words))


_PAPER_GROUPS, _CIRCUMSTANCE_GROUPS = _groups(_PAPERS), _groups(_CIRCUMSTANCES)


def are_papers(subjects: frozenset[int]) -> bool:
    """Whether only papers are named, which every other matter asks for too."""
    return subjects <= _PAPER_GROUPS


def are_circumstances(subjects: frozenset[int]) -> bool:
    """Whether only that is named by which people say who they are: insured, pupils, disabled."""
    return subjects <= _CIRCUMSTANCE_GROUPS
