"""Messages that say nothing to act on, or threaten staff: a hint for people, never a rejection.

Citizens are angry with reason. A complaint in rough words is a complaint: what is flagged as an insult is a message
in which nothing but the insult is said. A threat to staff is flagged whatever else is said, for their safety.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from classifier.signals.triggers import Sightings, Triggers, alternatives_of


class AbuseKind(StrEnum):
    """What is wrong with a message."""

    INSULT = "insult"
    THREAT_TO_STAFF = "threat_to_staff"
    ADVERTISING = "advertising"
    NONSENSE = "nonsense"
    REPEATED_TEXT = "repeated_text"


@dataclass(frozen=True, slots=True)
class Abuse:
    """What is wrong, and the words that show it."""

    kind: AbuseKind
    word: str


_STAFF = r"(?:接线员|话务员|客服|坐席|工作人员|窗口(?:的|那个)?|办事员|那个女的|那个男的)"
_YOU = rf"(?:你们?|{_STAFF})(?!的?(?:态度|电话|工作))"
_THREAT = (
    rf"(?:弄死|砍死|打死|整死|捅死|捅了|砍了|杀了|杀光|废了|弄残|打断|打残){_YOU}",
    rf"(?:收拾|修理|干死|干掉){_YOU}(?!们?(?:垃圾|房))",
    rf"把{_YOU}(?:们|全家|一个个|都)?.{{0,4}}(?:弄死|砍死|打死|砍了|杀了|宰了|废了|打残|捅了)",
    r"(?:见(?:一个|你们?一次)打(?:一个|一次))|你们?(?:给我|都给我)?(?:等着瞧|走着瞧|等着(?=$"
    r"|[，。！!])|小心点|出门小心)|下班别走|别让我(?:碰|遇|看)[到见]你|走夜路",
    r"(?:知道|查(?:到|出)|找(?:到|出)|人肉).{0,4}你们?(?:家)?(?:住|的?住址|的?地址|家在)",
    rf"(?:泼|浇){_YOU}.{{0,4}}(?:硫酸|汽油)|(?:去|要|想|就)(?:堵|打|揍)(?:死|你们)?{_STAFF}(?!电话|热线)",
)
_SWEAR = (
    r"[操草肏艹日干][你尼]?[妈马吗娘]|[你尼他她][妈马]的?[逼比屄]|[尼你]玛|妈了个[逼比]|他妈的|特么"
    r"|tmd|TMD|nmsl|NMSL|cnm|CNM|sb|SB|[傻沙煞][逼比叉屄]|傻[子瓜帽]|二[逼百]|脑残|智障|弱智|白痴|蠢货"
    r"|蠢猪|猪脑子|神经病|有病"
    r"|王八蛋|王八|混蛋|混账|畜生|禽兽|狗东西|狗官|狗屁|狗日的|贱人|婊子|人渣|败类|废物|饭桶|垃圾东西"
    r"|吃干饭|吃屎|去死|滚蛋|滚|死全家|全家死光|断子绝孙|不得好死|不要脸|臭不要脸|放屁|屁用|草包"
    r"|窝囊废|骗子|(?:一群|都是|就?是个?|真)垃圾(?!桶|站|场|车|袋|房|分)"
)
_FILLING = re.compile(
    r"[你们我他她它这那都是一群个帮全就真的了吧啊呀呢吗哦嘛哈去给老子什么么东西还有也太很好不能会干事做活会在天到底怎只知道上下和跟想说要再来\s\W_a-zA-Z0-9]"
    r"|政府|热线|话务员|接线员|客服|工作人员|领导|机器人|当官|狗|养着|一样|纯粹|简直|养活|白养|纳税人|人民"
)
_REPORTED = re.compile(r"威胁|扬言|恐吓|被人|他说|她说|说要|说敢")
"""A threat somebody else made, told by the one who was threatened."""
_LONGEST_THREAT = 120
_LITTLE_LEFT = 2
_LONGEST_INSULT = 60

_OFFER = (
    r"贷款|无抵押|秒批|低息|放款|刷单|兼职|日赚|日结|月入|代开|开发票|办证刻章|刻章|代办各类|优惠|促销"
    r"|限时|特价|免费领|点击链接|加盟|招商|招代理|诚招|批发|厂家直销|大酬宾|彩票|博彩|下注|返利|配资"
    r"|荐股|牛股|代写|代发|引流|涨粉"
    r"|上门服务|提供服务|高薪|招聘|租售|包过|内部名额|回收|量大从优|正品|秒杀|提现|套现|养卡|黑户|代孕"
    r"|丰胸|减肥|祛斑|壮阳|特效药|祖传|风水|算命|茅台|货到付款|专业(?:承接|疏通|开锁|搬家|维修)"
)
_CONTACT = re.compile(
    r"加?(?:微信|薇信|[vV][xX]|威信|[qQ]{2}|扣扣)|加[vV我]|https?:|www\.|\.com|\.cn|扫码|二维码|链接"
    r"|(?:电话|致电|联系|详询|咨询热线|热线)[:：]?\s*1?\d{5,}|1[3-9]\d{9}"
)
_MATTER = re.compile(
    r"投诉|举报|骗|骚扰|反映|请问|咨询(?!热线|电话|微信|[:：])|是不是|能不能|怎么|希望|建议|不退"
    r"|小广告|打电话给我|收到|政府|物业|维权|要求|我家|我在|我被|为什么|是否|吗|违法|非法|管管|查处"
    r"|取缔|本人|领导|尊敬|处理"
)
_FEWEST_OFFERS, _MANY_OFFERS = 2, 4

_HANZI = re.compile(r"[\u4e00-\u9fff]")
_MASHED = re.compile(r"[a-zA-Z]{6,}|(?=.*[a-zA-Z])[a-zA-Z0-9;,./\[\]]{8,}")
_VOWEL = re.compile(r"[aeiouAEIOU]")
_TESTING = re.compile(
    r"(?:测试|试试|test|TEST|哈|呵|嘿|嘻|啦|啊|嗯|哦|额|呃|略|咯|6|[.。…,，!！?？~～、\s])+"
)
_FREQUENT = frozenset(
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美"
    "总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感见明问力理尔点文几定本公特做外孩相西果走"
    "将月十实向声车全信重三机工物气每并别真打太新比才便夫再书部水像眼等体却加电主界门利海受听表德少克代员许先口由死安写性马光白或住难望教命花结乐色更拉东神记处让"
    "母父应直字场平报友关放至张认接告入笑内英军候民岁往何度山觉路带万男边风解叫任金快原吃妈变通师立象数四失满战远格士音轻目条呢市区县镇村街号楼请政府办反映问题物业小"
    "投诉建议咨询举报求助修坏停吵费钱工资医保社保房垃圾脏臭路灯校医院班公交站查证补贴款退租卖买店老板"
)
_FEWEST_CHARACTERS = 6
_REPEATED = re.compile(r"\s*([^，。！!,\s].{0,11}?)(?:[，。！!,\s]*+\1){3,}+[，。！!,\s]*+")
_FEWEST_REPEATED, _FEWEST_TIMES = 8, 4
_ALWAYS_HEARD = re.compile(r"救|谢|火|120|119|110|测试|哈哈|呵呵|嘿嘿")
_LONGEST_CHECKED = 400

_KINDS = (
    *((AbuseKind.THREAT_TO_STAFF, one) for pattern in _THREAT for one in alternatives_of(pattern)),
    *((AbuseKind.INSULT, one) for one in alternatives_of(_SWEAR)),
    *((AbuseKind.ADVERTISING, one) for one in alternatives_of(_OFFER)),
)
ABUSE_TRIGGERS = Triggers(pattern for _, pattern in _KINDS)
_SWEARING = re.compile(_SWEAR)


def find_abuse(text: str, *, seen: Sightings | None = None) -> Abuse | None:
    """What makes a message one that nobody can act on, or that threatens staff; None for everything else.

    ``seen`` is what a pass over the whole text saw already.
    """
    said = text[:_LONGEST_CHECKED]
    words: dict[AbuseKind, list[str]] = {}
    for number, start in ABUSE_TRIGGERS.found(said, seen if said is text else None):
        if matched := ABUSE_TRIGGERS.patterns[number].match(said, start):
            words.setdefault(_KINDS[number][0], []).append(matched.group(0))
    if words:
        threats = words.get(AbuseKind.THREAT_TO_STAFF)
        if threats and len(said) <= _LONGEST_THREAT and not _REPORTED.search(said):
            return Abuse(AbuseKind.THREAT_TO_STAFF, threats[0])
        if _only_offers(said, offers := words.get(AbuseKind.ADVERTISING, [])):
            return Abuse(AbuseKind.ADVERTISING, offers[0])
        if (insults := words.get(AbuseKind.INSULT)) and _says_nothing_else(said):
            return Abuse(AbuseKind.INSULT, insults[0])
    return _without_matter(said.strip())


def _only_offers(said: str, offers: list[str]) -> bool:
    enough = len(offers) >= _MANY_OFFERS or (
        len(offers) >= _FEWEST_OFFERS and _CONTACT.search(said) is not None
    )
    return enough and not _MATTER.search(said)


def _says_nothing_else(said: str) -> bool:
    if len(said) > _LONGEST_INSULT:
        return False
    return len(_FILLING.sub("", _SWEARING.sub("", said))) <= _LITTLE_LEFT


def _without_matter(said: str) -> Abuse | None:
    # What is said over and over begins with its own first character: only then is the costly look worth it.
    if len(said) >= _FEWEST_REPEATED and said.count(said[0]) >= _FEWEST_TIMES:
        repeated = _REPEATED.fullmatch(said)
        if repeated and _HANZI.search(repeated.group(1)) and not _ALWAYS_HEARD.search(said):
            return Abuse(AbuseKind.REPEATED_TEXT, repeated.group(1))
    if len(said) < _FEWEST_CHARACTERS or len(said) > _LONGEST_INSULT:
        return None
    if _TESTING.fullmatch(said):
        return Abuse(AbuseKind.NONSENSE, said)
    hanzi = _HANZI.findall(said)
    if not hanzi:
        return Abuse(AbuseKind.NONSENSE, said) if _is_mashed(said) else None
    if len(hanzi) >= _FEWEST_CHARACTERS and _FREQUENT.isdisjoint(hanzi):
        return Abuse(AbuseKind.NONSENSE, said)
    return None


def _is_mashed(said: str) -> bool:
    """Keys struck at random; words of another language have vowels and spaces."""
    if not _MASHED.fullmatch(said):
        return False
    letters = [one for one in said if one.isalpha()]
    return len(_VOWEL.findall(said)) * 4 <= len(letters)
