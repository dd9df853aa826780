"""What rules can read in a message: words of danger, and the type of request its wording suggests.

Rules, not a model: nobody publishes labelled emergencies, and an operator must be able to read why a card was
shown. For danger a needless card costs a glance and a missed one may cost a life, so recall comes first; what is
held back is talk *about* danger (prevention, suppositions, reports of long ago).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from classifier.model import Guess


class EmergencyKind(StrEnum):
    """What kind of danger the words speak of; in the order in which they are looked for."""

    GAS = "gas"
    FIRE = "fire"
    COLLAPSE = "collapse"
    TRAPPED = "trapped"
    SELF_HARM = "self_harm"
    VIOLENCE = "violence"
    MEDICAL = "medical"
    MISSING = "missing"
    GROUP_EVENT = "group_event"


@dataclass(frozen=True, slots=True)
class Emergency:
    """The danger, and the words that speak of it."""

    kind: EmergencyKind
    word: str


@dataclass(frozen=True, slots=True)
class _Danger:
    """Words of danger, unless ``held_back`` stands in the same clause, or ``never`` in the same
    sentence without a word of now."""

    kind: EmergencyKind
    pattern: re.Pattern[str]
    held_back: re.Pattern[str]
    never: re.Pattern[str]


_SENTENCE = re.compile(r"[^。！？!?\n]+")
_CLAUSE = re.compile(r"[^，,；;：:、\s]+")

_SUPPOSED = (
    r"隐患|万一|一旦|如果|要是|假如|若|以防|防止|预防|避免|谨防|严防|防范|杜绝|担心|害怕|容易|易发|会不会|怕|随时|说不定|差点|险些"
    r"|非得|非要等|要等|演练|演习|宣传|培训|知识|保险|险种|应急预案|整治|检查|能否|是否|有没有|不少|不在少数|现象|功能|可能会"
)
_LONG_AGO = (
    r"去年|前年|曾|上个?月|上周|上星期|上次|前几[天日]|前些天|以前|之前|当年|那年|小时候|多年|年前|个月前|[12]\d{3}年"
    r"|\d+月\d+[日号]|昨[天晚日]|前天|经常|多次|好几次|几次|每次|常常|总是|老是|频繁|频发|接二连三|事件|案件|新闻|报道|赔偿|鉴定|判决|理赔"
)
_NOW = re.compile(r"现在|正在|正(?:拿|要|往)|此刻|刚才|刚刚|马上|快来|快点|赶快|赶紧|救命|救护车|报警(?!器)")
"""Who speaks of now is not told that it was long ago."""

_WHERE = r"[^，。！？,!?]"


def _danger(kind: EmergencyKind, *patterns: str, held_back: str, never: str) -> _Danger:
    return _Danger(
        kind,
        re.compile("|".join(patterns)),
        re.compile(f"{_SUPPOSED}|{held_back}"),
        re.compile(f"{_LONG_AGO}|{never}"),
    )


_GAS = r"(?:燃气|煤气|天然气|液化气|沼气|瓦斯)"
_BUILDING = r"(?:房子|房屋|楼房|楼板|大楼|围墙|墙|桥|屋顶|天花板|脚手架|塔吊|山体|工地|厂房|宿舍)"
_KIN = (
    r"(?:孩子|小孩|老人|女儿|儿子|孙子|孙女|妈妈|爸爸|我妈|我爸|母亲|父亲|老伴|老公|老婆|奶奶|爷爷|老太太|老大爷"
    r"|学生|小女孩|小男孩|婴儿)"
)
_PERSON = rf"(?:{_KIN}|人|工人|同事|乘客|业主)"
_CROWD = (
    r"(?:[几数上]?[十百千]多?|\d{2,}多?|一大群|一群|很多|大批|许多)(?:名|个|号|位)?"
    r"(?:人|业主|工人|农民工|村民|家长|群众|学生)"
)

_DANGERS: tuple[_Danger, ...] = (
    _danger(
        EmergencyKind.GAS,
        rf"{_GAS}{_WHERE}{{0,8}}(?:泄漏|泄露|漏气|爆炸|炸了|漏了|在漏)",
        rf"(?:闻到|闻见|一股|很[大重浓]的?|有){_WHERE}{{0,4}}{_GAS}味",
        rf"{_GAS}的?味道?(?:很|特别|好|非常|太|越来越)?[大重浓]",
        rf"{_GAS}中毒|一氧化碳中毒",
        held_back=r"报警器|报警装置|补贴|年检|安检|软管|改造|老化|风险",
        never=r"不予检修",
    ),
    _danger(
        EmergencyKind.FIRE,
        r"着火(?!车)|(?<!重新)起火(?!头)|失火|(?:发生|有|是)火灾|火灾了|大火(?=$|了|在|烧|快|啊)|火(?:很|好|特别)大|山火",
        r"(?<!发)烧起来了|燃起来|爆炸了|发生爆炸|要爆炸",
        r"(?:冒|全是|都是|好多|涌出)(?:着|出|了)?(?:浓|黑|大)烟|冒烟了|冒(?:着|出)?(?:火花|火星|火苗|明火)|电线(?:打火|冒火)",
        held_back=r"火灾报警|消防|灭火器|防火|烟囱|废气|工厂|企业|锅炉|烧烤|油烟|餐饮|引发|引起|造成|导致|炉|火锅|秸秆|焚烧|可能|一样|公交|时候?人员",
        never=r"扑灭|后重建|火灾后|隐患|整改|排查|烟囱|污染|空气质量|尾气|排放",
    ),
    _danger(
        EmergencyKind.COLLAPSE,
        rf"{_BUILDING}{_WHERE}{{0,8}}(?:塌了|倒了|倒塌|坍塌|垮了|垮塌|要塌|快塌|要倒|快倒|塌下来|掉下来砸)",
        r"(?:塌方|山体滑坡|泥石流|决堤|溃坝)了?(?=$|，)",
        held_back=r"可能|存在|有.{0,4}危险|重建|修复|补助|加固|危房|鉴定|怎么?办|建房|造成|破旧",
        never=r"危房|补助|重建",
    ),
    _danger(
        EmergencyKind.TRAPPED,
        r"困在了?(?:电梯|里面|车里|水[里中]|楼[上顶里]|山[上里]|屋[里内])|(?:被困|被关|关在|困)(?:在|住)?[^，。！？关]{0,2}电梯",
        r"电梯[^，。！？]{0,6}(?:困了?人|困住|被困|关人|坠落|坠了|掉下)",
        rf"(?:有人|{_PERSON}){_WHERE}{{0,3}}(?:被埋|被困|被压|落水|溺水|触电|卡住了)",
        rf"(?:掉|摔|跌)(?:进|到|入)了?{_WHERE}{{0,3}}(?:河|井|水|湖|塘|江|化粪池)|溺水了|触电了|被电(?:到|击|倒|了)"
        r"|救命(?![钱药之稻恩])",
        held_back=r"危险|风险|可能|安全|防溺水|警示|被困扰|困难|手机|钥匙|东西|后才|责任|维权|无法出行",
        never=r"原因",
    ),
    _danger(
        EmergencyKind.SELF_HARM,
        r"不想活|活不下去|活着没有?(?:意思|意义)|死了算了|不如死了|死给(?:你|他|大家)|以死",
        r"(?:想|要|准备|打算|去|就)去?(?:自杀|轻生|寻死|跳楼|跳河|跳江|跳桥|上吊|割腕|自焚)",
        r"(?<![不你他她说])想死(?!我|你|人|是)|割腕|喝了?农药|吃了(?:很多|好多|大量|一瓶|整瓶|半瓶)安眠药",
        r"结束(?:自己的?|我的?)?生命|遗书|站在(?:楼顶|桥上|天台)",
        held_back=r"跳楼价|甩卖|让人想死|所谓",
        never=r"跳楼价",
    ),
    _danger(
        EmergencyKind.VIOLENCE,
        r"(?:正在|在|又)(?:打人|打架|打我|打孩子|打老婆|砍人|杀人|家暴|行凶|斗殴)|有人(?:抢劫|打人|打架|行凶|闯进|撬门)|抢劫了",
        rf"(?:有人|他|她|老公|丈夫|男友|邻居|对方){_WHERE}{{0,3}}(?:拿着?|持|提着?|举着?){_WHERE}{{0,2}}(?:刀|枪|斧|铁棍|铁棒)",
        r"(?:拿着?|提着?|持)菜?刀(?!具)|砍人|(?<![扼封绞自])杀人了|(?<![扼封绞自])杀(?:了|死)?(?:我|他|她)?全家|要(?:弄|打|杀)死?(?:我|他|她)(?!都|也)|往死里打",
        rf"被{_WHERE}{{0,2}}(?:绑架|劫持|强奸|性侵|砍伤|捅了|捅伤)|被{_WHERE}{{0,4}}家暴|同归于尽|(?:炸|烧)(?:了|掉|死)(?:你们|政府|法院|学校|信访|他们)",
        held_back=r"反家暴|咨询|法律|打人民|道德|觉得|无理|信用|树",
        never=r"刑事责任",
    ),
    _danger(
        EmergencyKind.MEDICAL,
        r"昏迷|昏倒|晕倒|晕过去|休克|没有?呼吸(?!机|道)|没有?心跳|喘不[上过]气|呼吸困难|抽搐|口吐白沫|不省人事|大出血|流血不止|(?<!还)吐血(?!丝)",
        r"心脏病(?:发|犯)|突发(?:心梗|脑溢血|脑梗|疾病)|心梗了|食物中毒|中毒了|羊水破|(?:要|快)生了",
        r"被(?:毒)?蛇咬|被车撞(?:了|倒|伤)|撞(?:倒|死|伤)了?人|出车祸了",
        held_back=r"报销|病史|患者|得了|患有|气味|熏得|臭得|被熏|气得|急得|压力|压得|罚款|快要?生了二胎|对下属",
        never=r"报销|医保|医疗|新农合|政策|后遗症|住院|去世|病逝|死亡|低保|残疾|抢救无效|手术|主任|院方|医院|患者|生育|户口|准生|废气|毒气|臭味|污染|灰尘|粉尘"
        r"|排放|油漆|工厂|收费|工作压力",
    ),
    _danger(
        EmergencyKind.MISSING,
        rf"{_KIN}{_WHERE}{{0,8}}(?:走失|失踪|走丢|不见了|被拐|找不到了|丢了|被人?带走)|(?:走失|走丢|失踪)了?{_WHERE}{{0,3}}{_KIN}|人贩子|拐走",
        held_back=r"证|卡|学籍|档案|钱|手机|书|户口|狗|猫|车|身份|可乘之机|打击|(?:帮我|帮忙)?找回了|(?<!没)(?<!没有)(?<!未)找到了",
        never=r"打拐",
    ),
    _danger(
        EmergencyKind.GROUP_EVENT,
        rf"{_CROWD}{_WHERE}{{0,10}}(?:聚集|围堵|围攻|堵在|堵住|堵路|拉横幅|讨薪|上访|闹事|打起来|打群架|斗殴|静坐)",
        rf"(?:准备|要|正在|打算|马上|明天|今天){_WHERE}{{0,4}}(?:集体|去省|去北京|进京){_WHERE}{{0,3}}(?:上访|堵路|罢工|讨薪|维权)",
        r"(?:正在|准备|去|要|已经)?(?:封|堵)(?:了|住|死)?(?:国道|省道|高速|政府大门|县政府|市政府|镇政府|铁路)|聚众(?:闹事|斗殴)|打群架|发生了?踩踏",
        held_back=r"广场舞|跳舞|唱歌|打牌|麻将|喝酒|排队|摆摊|K歌|吃饭|聊天|车辆|堵车|下棋|遛狗|堵点",
        never=r"刑事责任|扬言",
    ),
)

_TOLD_FIRST = 300
"""Who is in danger says so first: further on, letters tell of the past. A wish to die may come at the very end."""


def find_emergency(text: str) -> Emergency | None:
    """The danger a message speaks of, the first of ``EmergencyKind``; None for everyday complaints."""
    whole = _sentences(text[:_MOST_CHARACTERS])
    opening = whole if len(text) <= _TOLD_FIRST else _sentences(text[:_TOLD_FIRST])
    for danger in _DANGERS:
        for sentence in whole if danger.kind is EmergencyKind.SELF_HARM else opening:
            if word := _spoken_of(danger, sentence):
                return Emergency(danger.kind, word)
    return None


def _sentences(text: str) -> list[str]:
    return _SENTENCE.findall(text)


def _spoken_of(danger: _Danger, sentence: str) -> str | None:
    if not danger.pattern.search(sentence) or (danger.never.search(sentence) and not _NOW.search(sentence)):
        return None
    for clause in _CLAUSE.findall(sentence):
        found = danger.pattern.search(clause)
        if found and not danger.held_back.search(clause):
            return found.group(0)
    return None


_MOST_CHARACTERS = 5000
_OPENING = 20
"""What a message says in its first characters it says of itself; these count double."""


@dataclass(frozen=True, slots=True)
class _Wording:
    label: str
    pattern: re.Pattern[str]
    weight: float


def _wordings(label: str, *rules: tuple[float, str]) -> tuple[_Wording, ...]:
    return tuple(_Wording(label, re.compile(pattern), weight) for weight, pattern in rules)


_WORDINGS: tuple[_Wording, ...] = (
    *_wordings(
        "report",
        (3.0, r"实名举报|匿名举报|我要举报|举报(?!(?:了|过|多次|无果|电话|没|后))"),
        (
            2.0,
            r"偷税|漏税|逃税|受贿|行贿|贪污|挪用公款|虚开发票|传销|赌博|赌场|吸毒|贩毒|卖淫|嫖娼|套取|骗保|骗取|吃空饷|制假|售假",
        ),
        (
            1.5,
            r"违法(?:经营|生产|占地|建设|排污|用工)|非法(?:经营|采砂|采矿|捕捞|占用|集资|倾倒|行医)|无证(?:经营|行医|驾驶)|偷排|假药|地沟油|黑作坊|私自(?:占用|开挖)耕地",
        ),
    ),
    *_wordings(
        "praise",
        (
            3.0,
            r"表扬|点赞|锦旗|感谢信|好人好事|拾金不昧|我要感谢|特意感谢|特此感谢|衷心感谢|非常感谢.{0,20}(?:帮助|解决|耐心|热情|服务)|感谢.{1,16}(?:帮我|帮助|解决了|找回|救了)",
        ),
        (
            1.5,
            r"服务(?:态度)?(?:很|非常|特别|真)好|热情(?:周到|耐心)|认真负责|耐心细致|办事(?:很|真)?(?:快|效率高)|为.{1,8}点个?赞",
        ),
    ),
    *_wordings(
        "suggestion",
        (2.0, r"建议|提(?:个|一个|一点|几点)(?:意见|想法)|合理化"),
        (
            1.2,
            r"(?:希望|能不能|能否|可否|可不可以|是否可以|应该|请求?)[^，。！？]{0,12}(?:增加|增设|增开|新增|开通|延长|优化|改进|完善|设置|加装|调整|推广|规划|出台|建一?个|安装)",
        ),
    ),
    *_wordings(
        "complaint",
        (3.0, r"我要投诉|投诉(?!(?:过|了|多次|无果|无门|电话|没|后|热线))"),
        (
            1.5,
            r"扰民|噪音|太吵|吵死|吵得|油烟|乱收费|违规收费|强制(?:消费|收费|收取)|多收|不作为|乱作为|推诿|踢皮球|态度(?:恶劣|差|蛮横|不好)|欺骗|欺诈|虚假宣传|霸王条款|拖欠|欠薪|不发工资|不给工资|不退(?:款|钱|押金|费)?|拒不|恶臭|臭味|刺鼻|脏乱差|乱停|占道|违建|私搭乱建|强买强卖|假货|以次充好",
        ),
        (
            0.8,
            r"没人管|无人管|不管不问|置之不理|没人处理|太(?:差|脏|臭|慢|黑)|不合理|不负责|坑人|坑(?:老百姓|业主|学生)|不给(?:办|修|开|处理)|影响(?:休息|睡眠|生活)",
        ),
    ),
    *_wordings(
        "consultation",
        (2.5, r"咨询|请问|想问|问一下|问下|打听|想了解|想知道"),
        (
            1.8,
            r"怎么(?:办理|补办|补|申请|领取|领|查询|查|交|缴|报名|报销|算|转|提取|登记|认定|计算)|如何(?:办理|申请|查询|缴|报名|报销|认定|计算|领取)|需要(?:什么|哪些|带什么|准备)|多少钱|什么(?:条件|材料|手续|流程|政策|标准)|哪些(?:条件|材料|手续|政策)|在哪(?:里|儿)?(?:办|交|领|查|报|可以)|(?:能不能|可不可以|可以|能)[^，。！？]{0,10}(?:办理?|领|报销?|申请|提取|落户|入学)吗|政策(?:是什么|规定)",
        ),
        (
            1.0,
            r"(?:吗|呢|么)[？?]|什么时候|多久|多长时间|何时|是否|[？?]\s*$|吗$|几点|电话是多少|有没有[^，。]{0,8}(?:政策|补贴|规定)",
        ),
    ),
    *_wordings(
        "help",
        (2.5, r"求助|救救|帮帮(?:我|我们|忙)|请求帮助|急需|求帮|寻求帮助|恳请(?:帮|解决)|希望(?:帮|能帮)"),
        (
            1.5,
            r"坏了|不亮|停水|停电|断水|断电|漏水|爆裂|爆管|堵了|堵塞|堵住|没水|没电|没有?暖气|不热|掉了|丢了|被困|塌陷|井盖|积水|倒了|裂开|损坏|走不出|进不去",
        ),
        (
            0.8,
            r"请(?:尽快|相关部门|有关部门|领导)?(?:帮忙|帮助|派人|解决|维修|处理|协调)|解决一下|修一下|处理一下|没人修|帮忙|希望(?:尽快)?(?:解决|修|处理)",
        ),
    ),
)
_UNSURE = Guess("help", 0.3)


def guess_request_type(text: str) -> Guess:
    """The request type a message's wording suggests, one of ``consultation``, ``help``, ``complaint``,
    ``report``, ``suggestion``, ``praise``; ``help`` with little confidence when nothing speaks for any."""
    spoken: dict[str, float] = {}
    for wording in _WORDINGS:
        if found := wording.pattern.search(text, 0, _MOST_CHARACTERS):
            early = 2.0 if found.start() < _OPENING else 1.0
            spoken[wording.label] = spoken.get(wording.label, 0.0) + wording.weight * early
    if not spoken:
        return _UNSURE
    label = max(spoken, key=lambda name: spoken[name])
    share = spoken[label] / sum(spoken.values())
    # One weak sign is no certainty; all signs agreeing is never proof.
    return Guess(label, round(min(0.95, share * spoken[label] / (spoken[label] + 0.8)), 3))
