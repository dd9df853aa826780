"""Take what identifies a person out of free text before it is shown to those who need not know.

Every rule is bounded in what it looks at from one character, so a hostile text costs no more than a long one.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PLAIN = str.maketrans("０１２３４５６７８９－Ｘｘ＠．\u3000", "0123456789-Xx@. ")
"""Full-width digits are digits to whoever reads them."""

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧肖程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚文庞樊兰殷施陶洪翟颜倪"
    "严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席"
    "卫查屈鲍位覃霍翁隋甘景薄单包柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚"
    "木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫"
    "鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺"
)
COMPOUND_SURNAMES = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "皇甫",
    "东方",
    "夏侯",
    "尉迟",
    "公孙",
    "慕容",
    "司徒",
    "端木",
)
_COMPOUND = "|".join(COMPOUND_SURNAMES)
_NAME = rf"(?:{_COMPOUND}|[{_SURNAMES}])[\u4e00-\u9fff]{{1,2}}?"
_NAME_ENDS = (
    r"(?=[，,。；;、：:！!？?（(\s]|$|家住|住在|身份证|电话|手机|微信|今年|来自|户籍|的身份证|的电话|的手机)"
)
_NO_NAMES = (
    "陈旧|高中|高龄|高管|高校|高考|高三|高二|高一|高层|高工|程序|施工|白领|白天|黄牛|金融|金牌|安置|华侨|华人|应届|应急|单亲|单身|单位|"
    "车主|车位|房东|房主|党员|包工|钟点|文员|文盲|计生|计划|全国|全家|全职|全部|全款|来源|来访|来电|来自|和解|和谐|时候|时间|"
    "商户|商家|商铺|商人|明天|明年|原来|原告|原价|官方|应该|都是|都市|连续|连锁|关于|关系|向阳|向您|马上|方便|方法|何人|何时|"
    "任何|任课|成人|成年|成都|解决|强制|强行|强拆|管理|简单|简易|保安|保洁|保险|保姆|保障|保证|查询|花钱|花园|冷库|台湾|台胞|"
    "左右|左边|游客|游戏|古玩|边防|房贷|车贷|包车|包村|温馨|严重|许可|易地|文化|文物|石油|石材|武术|武警|毛坯|毕业|康复|"
    "史上|时常|时代|成绩|位置|位于|席位|景区|景点|宁波|宁夏|江苏|江西|云南|海南|吉林|贺卡|贺州|温州|常州|徐州|"
    "苏州|杭州|郑州|郑重|牛奶|牛肉|马路|龙头|龙湖|万达|万科|万元|万一|万人|田地|田里|林地|林业|林场|叶子|白条|"
    "黄色|黄金|金额|金属|钱款|水电|乐园|木工|木材|花费|练车|封闭|封路|封控|银行|沙子|沙场|保修|保留|保存|和平|习惯|原因|原地|原始"
)
_NO_NAME_ENDS = "人户员工族方队者主师的了领商家侨们吗呢吧啊店厂市县村镇州费房车证款"
_STATED = rf"(?!{_NO_NAMES}){_NAME}(?<![{_NO_NAME_ENDS}]){_NAME_ENDS}"
"""A word a name may be, and no word of the language that begins like one: “我是低保户” names nobody."""

_AT_HOME = "王李张刘陈杨赵吴徐孙胡朱郭罗宋郑谢韩唐冯董萧肖曹袁邓傅沈彭吕苏卢蒋蔡贾丁魏薛潘杜戴汪姜谭廖邹熊郝邵孟秦侯阎崔"
"""Surnames that begin hardly any word, as what comes before “家” has no other sign of being a name."""
_NO_ONE = (
    "商人大回搬到在农店厂专买卖作画住全自我你他她咱每各几一二三四五六七八九十两多这那"
    "哪管当离居老娘婆公上下独私世皇家想有无没进出的是"
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), placeholder)
    for pattern, placeholder in (
        (
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]++@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}",
            "[邮箱]",
        ),
        # A resident identity number: 17 digits and a check character, in one or in the groups people write.
        (r"(?<!\d)\d{6}[ -]{0,2}\d{4}[ -]{0,2}\d{4}[ -]{0,2}\d{3}[\dXx](?!\d)", "[身份证号]"),
        (r"(?<!\d)\d{3}[ -]\d{3}[ -](?:\d{4}[ -]){2}\d{3}[\dXx](?!\d)", "[身份证号]"),
        (r"(?<!\d)(?:\d{4}[ -]){4}\d[\dXx](?!\d)", "[身份证号]"),
        (r"(?<!\d)(?:\d{4}[ -]?){3,4}\d{3,4}(?!\d)", "[银行卡号]"),
        (r"(?<!\d)(?:\+?86[-. ]?)?1[3-9](?:[-. ]?\d){9}(?!\d)", "[手机号]"),
        (r"(?<!\d)0\d{2,3}[-. ]?\d{3,4}[-. ]?\d{4}(?!\d)", "[电话]"),
        (r"(?<!\d)[2-8]\d{2,3}[-. ]\d{4}(?!\d)", "[电话]"),
        (r"(?<=[电话号码系])([:：是为]?\s{0,3})[2-8]\d{6,7}(?!\d)", r"\1[电话]"),
        # Digits written as words, so that no rule above sees them.
        (r"[零〇一二三四五六七八九幺]{7,}", "[号码]"),
        (r"((?:微信|[vVwW][xX])号?码?[:：是为 ]{0,3})[A-Za-z_][-_A-Za-z0-9]{5,19}", r"\1[微信号]"),
        (r"([qQ]{2}号?码?[:：是为 ]{0,3})[1-9]\d{4,10}(?!\d)", r"\1[QQ号]"),
        (
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
            r"[A-HJ-NP-Z][·. ]?[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])",
            "[车牌]",
        ),
        (r"\d{1,3}(?:号楼|栋|幢|座)(?:\d{1,2}单元)?\d{2,4}(?:室|房|号)?", "[门牌]"),
        (r"(?<!\d)\d{1,2}单元\d{3,4}(?:室|房|号)?", "[门牌]"),
        (r"(?<![\d-])\d{1,3}-\d{1,2}-\d{3,4}(?:室|房|号)?(?![\d-])", "[门牌]"),
        (r"(?<!\d)\d{3,4}室", "[门牌]"),
        (r"(?<=我叫)[\u4e00-\u9fff]{2,4}(?=[，,。；;、 ]|$)", "[姓名]"),
        (r"(?<=联系人[:：])\s{0,3}[\u4e00-\u9fff]{2,4}", "[姓名]"),
        (rf"((?:姓名|名字|申请人|当事人|户主|联系人)[:：是为叫 ]{{0,3}}){_STATED}", r"\1[姓名]"),
        (rf"(我是|叫){_STATED}", r"\1[姓名]"),
        (
            rf"[{_AT_HOME}](?![州阳山家庄村沟湾])[\u4e00-\u9fff](?![庄村{_NO_ONE}])[\u4e00-\u9fff]家(?![家庄长具电])",
            "[姓名]家",
        ),
    )
)

_STREET_NUMBER = re.compile(r"(?<=[路街巷弄道])\d{1,4}(?:-\d{1,3})?号(?![线路])")


_REMEMBERED, _SHORT = 64, 4000
"""So many texts of so many characters: a ticket is written some twenty times, and says the same at each."""


def redact(text: str, *, home: bool = False) -> str:
    """The text with phone, identity and card numbers, plates, door numbers, addresses of mail and stated names
    replaced. ``home`` also takes numbers in streets, which a unit needs to find the pothole by but an asker lives at."""
    text = _remembered(text) if len(text) <= _SHORT else _redacted(text)
    return _STREET_NUMBER.sub("[门牌]", text) if home else text


def _redacted(text: str) -> str:
    text = text.translate(_PLAIN)
    for pattern, placeholder in _RULES:
        text = pattern.sub(placeholder, text)
    return text


_remembered = lru_cache(maxsize=_REMEMBERED)(_redacted)


_ANY_NAME = rf"(?:{_COMPOUND}|[{_SURNAMES}])[\u4e00-\u9fff]{{0,2}}?"
_ADDRESSED = re.compile(
    rf"(?:(?<=尊敬的)|(?<![\u4e00-\u9fff])){_ANY_NAME}(?:先生|女士|小姐|同志|同学|老师|师傅)"
    rf"|(?<=尊敬的){_NAME}(?=[，,：:、 ]|您好|你好)|^\s{{0,3}}{_NAME}(?=[，,：:]?\s?(?:您好|你好))",
    re.MULTILINE,
)
_TITLED = re.compile(
    rf"(?<=[给与向和是由经对将把请])(?!{_NO_NAMES}){_ANY_NAME}(?:先生|女士|小姐|同志|同学|老师|师傅)"
    rf"|(?<=[给与向和])(?!{_NO_NAMES}|申请|任何){_NAME}(?=(?:电话|联系|沟通|核实|取得|见面|当面|说明|解释))"
    rf"|(?<=当事人|来电人|反映人|投诉人|诉求人|申请人){_NAME}(?=表示|反映|称|要求|认可|满意|[，,。])"
)


def redact_answer(text: str) -> str:
    """An answer to one citizen as another may read it: whom it addresses or names, and where they live, taken out."""
    text = redact(text, home=True)
    return _TITLED.sub("市民", _ADDRESSED.sub("市民", text))
