"""The words of danger, in two tables: what alarms in any message, and what alarms in a brief one.

Who is in danger writes or says little. In a message of a line or two plain words are enough ("叫不醒"); in a
letter the same words mostly tell of something else, so only outright ones count there.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum


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


SUPPOSED = (
    r"隐患|万一|一旦|如果|要是|假如|若|以防|防止|预防|避免|谨防|严防|防范|杜绝|担心|害怕|容易|易发"
    r"|会不会|怕|随时|说不定|差点|险些"
    r"|非得|非要等|要等|演练|演习|宣传|培训|知识|保险|险种|应急预案|整治|检查|能否|是否|有没有|不少|不在少数|现象|功能|可能会"
)
LONG_AGO = (
    r"去年|前年|曾|上个?月|上周|上星期|上次|前几[天日]|前些天|以前|之前|当年|那年|小时候|多年|年前|个月前|[12]\d{3}年"
    r"|\d+月\d+[日号]|昨[天晚日]|前天|经常|多次|好几次|几次|每次|常常|总是|老是|频繁|频发|接二连三"
    r"|家常便饭|数次|时有发生|发生过|事件|案件|新闻|报道|赔偿|鉴定|判决|理赔"
)
NOW = r"现在|正在|正(?:拿|要|往)|此刻|刚才|刚刚|马上|快来|快点|赶快|赶紧|救命|救护车|报警(?!器)"
"""Who speaks of now is not told that it was long ago."""

_W = r"[^，。！？,!?]"
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

ANYWHERE: dict[EmergencyKind, tuple[str, ...]] = {
    EmergencyKind.GAS: (
        rf"{_GAS}{_W}{{0,8}}(?:泄漏|泄露|漏气|爆炸|炸了|漏了|在漏)",
        rf"(?:闻到|闻见|一股|很[大重浓]的?|有){_W}{{0,4}}{_GAS}味",
        rf"{_GAS}的?味道?(?:很|特别|好|非常|太|越来越)?[大重浓]",
        rf"{_GAS}中毒|一氧化碳中毒",
    ),
    EmergencyKind.FIRE: (
        r"(?<!打不)(?<!点不)着火(?!车)|(?<!重新)起火(?!头)|失火|(?:发生|有|是)火灾|火灾了|大火(?=$|了|在|烧|快|啊)|火(?:很|好|特别)大|山火",
        r"(?<!发)烧起来了|燃起来|爆炸了|发生爆炸|要爆炸",
        r"(?:冒|全是|都是|好多|涌出)(?:着|出|了)?(?:浓|黑|大)烟|冒烟了|冒(?:着|出)?(?:火花|火星|火苗|明火)|电线(?:打火|冒火)",
    ),
    EmergencyKind.COLLAPSE: (
        rf"{_BUILDING}{_W}{{0,8}}(?:塌了|倒了|倒塌|坍塌|垮了|垮塌|要塌|快塌|要倒|快倒|塌下来|掉下来砸)",
        r"(?:塌方|山体滑坡|泥石流|决堤|溃坝)了?(?=$|，)",
    ),
    EmergencyKind.TRAPPED: (
        r"困在了?(?:电梯|里面|车里|水[里中]|楼[上顶里]|山[上里]|屋[里内])|(?:被困|被关|关在|困)(?:在"
        r"|住)?[^，。！？关]{0,2}电梯",
        r"电梯[^，。！？]{0,6}(?:困了?人|困住|被困|关人|坠落|坠了|掉下)",
        rf"(?:有人|{_PERSON}){_W}{{0,3}}(?:被埋|被困|被压|落水|溺水|触电|卡住了)",
        rf"(?:掉|摔|跌)(?:进|到|入)了?{_W}{{0,3}}(?:河|井|水|湖|塘|江|化粪池)|溺水了|触电了|被电(?:到|击|倒|了)"
        r"|(?<!无钱)(?<!等着)(?<!工资)救命(?![钱药之稻恩通路保的基])",
    ),
    EmergencyKind.SELF_HARM: (
        r"不想活|活不下去|活着没有?(?:意思|意义)|死了算了|不如死了|死给(?:你|他|大家)|以死",
        r"(?:想|要|准备|打算|去|就)去?(?:自杀|轻生|寻死|跳楼|跳河|跳江|跳桥|上吊|割腕|自焚)",
        r"(?<![不你他她说])想死(?!我|你|人|是)|割腕|喝了?农药|吃了(?:很多|好多|大量|一瓶|整瓶|半瓶)安眠药",
        r"结束(?:自己的?|我的?)?生命|遗书|站在(?:楼顶|桥上|天台)",
        r"(?:有|个|的)人?[^，。！？,!?的]{0,4}(?:从[^，。！？,!?]{1,6})?[跳投](?:楼|桥|河|江|海|湖|崖)(?!价|机|绳|车|舞|水|游|训|比|运|上|里(?:捡|捞))",
    ),
    EmergencyKind.VIOLENCE: (
        r"(?:正在|在|又)(?:打人|打架|打我|打孩子|打老婆|砍人|杀人|家暴|行凶|斗殴)|有人(?:抢劫|打人"
        r"|打架|行凶|闯进|撬门)|抢劫了",
        rf"(?:有人|他|她|老公|丈夫|男友|邻居|对方){_W}{{0,3}}(?:拿着?|持|提着?|举着?){_W}{{0,2}}(?:刀|枪|斧|铁棍|铁棒)",
        r"(?:拿着?|提着?|持)菜?刀(?!具)|砍人|(?<![扼封绞自])杀人了|(?<![扼封绞自])杀(?:了|死)?(?:我|他|她)?全家"
        r"|要(?:弄|打|杀)死?(?:我|他|她)(?!都|也)|往死里打",
        rf"被{_W}{{0,2}}(?:绑架|劫持|强奸|性侵|砍伤|捅了|捅伤)|被{_W}{{0,4}}家暴|同归于尽",
        r"(?:炸|烧)(?:了|掉|死)(?:你们|政府|法院|学校|信访|他们)",
    ),
    EmergencyKind.MEDICAL: (
        r"昏迷|昏倒|晕倒|晕过去|休克|没有?呼吸(?!机|道)|没有?心跳|喘不[上过]气|呼吸困难|抽搐|口吐白沫"
        r"|不省人事|大出血|流血不止|(?<!还)吐血(?!丝)",
        r"心脏病(?:发|犯)|突发(?:心梗|脑溢血|脑梗|疾病)|心梗了|食物中毒|中毒了|羊水破|(?:要|快)生了",
        r"被(?:毒)?蛇咬|被车撞(?:了|倒|伤)|撞(?:倒|死|伤)了?人|出车祸了",
    ),
    EmergencyKind.MISSING: (
        rf"{_KIN}{_W}{{0,8}}(?:走失|失踪|走丢|不见了|被拐|找不到了|丢了|被人?带走)",
        rf"(?:走失|走丢|失踪)了?{_W}{{0,3}}{_KIN}|人贩子|拐走",
    ),
    EmergencyKind.GROUP_EVENT: (
        rf"{_CROWD}{_W}{{0,10}}(?:聚集|围堵|围攻|堵在|堵住|堵路|拉横幅|讨薪|上访|闹事|打起来|打群架|斗殴|静坐)",
        rf"(?:准备|要|正在|打算|马上|明天|今天){_W}{{0,4}}(?:集体|去省|去北京|进京){_W}{{0,3}}(?:上访|堵路|罢工|讨薪|维权)",
        r"(?:正在|准备|去|要|已经)?(?:封|堵)(?:了|住|死)?(?:国道|省道|高速|政府大门|县政府|市政府|镇政府|铁路)"
        r"|聚众(?:闹事|斗殴)|打群架|发生了?踩踏",
    ),
}

HELD_BACK: dict[EmergencyKind, str] = {
    EmergencyKind.GAS: r"报警器|报警装置|补贴|年检|安检|软管|改造|老化|风险",
    EmergencyKind.FIRE: (
        r"火灾报警|消防|灭火器|防火|烟囱|废气|工厂|企业|锅炉|烧烤|油烟|餐饮|引发|引起|造成|导致|炉"
        r"|火锅|秸秆|焚烧|可能|一样|公交|时候?人员"
    ),
    EmergencyKind.COLLAPSE: r"可能|存在|有.{0,4}危险|重建|修复|补助|加固|危房|鉴定|怎么?办|建房|造成|破旧",
    EmergencyKind.TRAPPED: r"危险|风险|可能|安全|防溺水|警示|被困扰|困难|手机|钥匙|东西|后才|责任|维权|无法出行",
    EmergencyKind.SELF_HARM: r"跳楼价|甩卖|让人想死|所谓",
    EmergencyKind.VIOLENCE: r"反家暴|咨询|法律|打人民|道德|觉得|无理|信用|树",
    EmergencyKind.MEDICAL: r"报销|病史|患者|得了|患有|气味|熏得|臭得|被熏|气得|急得|压力|压得|罚款|快要?生了二胎|对下属",
    EmergencyKind.MISSING: (
        r"证|卡|手环|过一次|学位|系统|学籍|档案|钱|手机|书|户口|狗|猫|车|身份|可乘之机|打击|(?:帮我|帮忙)?找回了|(?<!没)(?<!没有)(?<!未)找到了"
    ),
    EmergencyKind.GROUP_EVENT: (
        r"广场舞|跳舞|唱歌|打牌|麻将|喝酒|排队|摆摊|K歌|吃饭|聊天|车辆|堵车|下棋|遛狗|堵点"
    ),
}
"""Words that take the danger out of their clause."""

NEVER: dict[EmergencyKind, str] = {
    EmergencyKind.GAS: r"不予检修",
    EmergencyKind.FIRE: r"扑灭|后重建|火灾后|隐患|整改|排查|烟囱|污染|空气质量|尾气|排放",
    EmergencyKind.COLLAPSE: r"危房|补助|重建",
    EmergencyKind.TRAPPED: r"原因",
    EmergencyKind.SELF_HARM: r"跳楼价",
    EmergencyKind.VIOLENCE: r"刑事责任",
    EmergencyKind.MEDICAL: (
        r"报销|医保|医疗|新农合|政策|后遗症|住院|去世|病逝|死亡|低保|残疾|抢救无效|手术|主任|院方|医院"
        r"|患者|生育|户口|准生|废气|毒气|臭味"
        r"|污染|灰尘|粉尘|排放|油漆|工厂|收费|工作压力"
    ),
    EmergencyKind.MISSING: r"打拐",
    EmergencyKind.GROUP_EVENT: r"刑事责任|扬言",
}
"""Words that take it out of their sentence, unless the sentence speaks of now."""


def branches(table: dict[EmergencyKind, tuple[str, ...]]) -> Iterator[tuple[EmergencyKind, str]]:
    """Every pattern of a table with its kind, in the order in which they are tried."""
    for kind in EmergencyKind:
        for pattern in table[kind]:
            yield kind, pattern
