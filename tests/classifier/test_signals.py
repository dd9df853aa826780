"""What rules read in a message. Every row of the tables says why it stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signals import EmergencyKind, find_emergency, guess_request_type, read_type_and_danger

DANGERS = [
    ("我家厨房闻到很重的煤气味", EmergencyKind.GAS, "a smell is the usual first sign"),
    ("楼道里燃气泄漏了，快来人", EmergencyKind.GAS, "the plain words"),
    ("天然气管道被挖断了正在漏气", EmergencyKind.GAS, "a cut pipe"),
    ("煤气味道好大，不敢开灯", EmergencyKind.GAS, "smell without 闻到"),
    ("我妈洗澡煤气中毒了", EmergencyKind.GAS, "gas before medical: the air kills the helper too"),
    ("隔壁着火了", EmergencyKind.FIRE, "four characters are enough"),
    ("三楼起火，冒着黑烟，里面还有人", EmergencyKind.FIRE, "fire with people inside"),
    ("楼下电动车充电烧起来了", EmergencyKind.FIRE, "an e-bike"),
    ("电线杆上冒火花，噼里啪啦响", EmergencyKind.FIRE, "sparks"),
    ("后山发生火灾，风很大", EmergencyKind.FIRE, "a forest fire"),
    ("仓库爆炸了", EmergencyKind.FIRE, "an explosion"),
    ("刚才下大雨，隔壁老房子塌了", EmergencyKind.COLLAPSE, "a house fell"),
    ("工地的脚手架倒了，下面压着人", EmergencyKind.COLLAPSE, "a building site"),
    ("我家后面山体滑坡了", EmergencyKind.COLLAPSE, "a landslide"),
    ("我被困在电梯里了，按铃没人应", EmergencyKind.TRAPPED, "the writer is inside"),
    ("电梯困人，里面有个孕妇", EmergencyKind.TRAPPED, "the technical phrase"),
    ("有人落水了，在老桥下面", EmergencyKind.TRAPPED, "drowning"),
    ("孩子掉进井里了", EmergencyKind.TRAPPED, "a well"),
    ("工人触电倒在地上", EmergencyKind.TRAPPED, "electric shock"),
    ("救命啊", EmergencyKind.TRAPPED, "a bare cry"),
    ("活着没意思，我不想活了", EmergencyKind.SELF_HARM, "said of oneself"),
    ("再不发工资我就去跳楼", EmergencyKind.SELF_HARM, "a threat is taken at its word"),
    ("我现在站在楼顶", EmergencyKind.SELF_HARM, "said without the word"),
    ("我妈喝农药了", EmergencyKind.SELF_HARM, "poison"),
    ("你们再不管我只有以死明志", EmergencyKind.SELF_HARM, "old-fashioned wording"),
    (
        "尊敬的领导：" + "我反映拆迁补偿的问题，材料已交三次。" * 30 + "我真的不想活了。",
        EmergencyKind.SELF_HARM,
        "at the end of a long letter",
    ),
    ("有人拿着刀在小区里追人", EmergencyKind.VIOLENCE, "a knife"),
    ("我老公又打我了，孩子在哭", EmergencyKind.VIOLENCE, "violence at home"),
    ("门口正在打架，好多血", EmergencyKind.VIOLENCE, "a brawl going on"),
    ("他以前打过我，现在拿着刀在门口", EmergencyKind.VIOLENCE, "the past is named, the danger is now"),
    ("不解决我就炸了你们政府", EmergencyKind.VIOLENCE, "a threat to a place"),
    ("我爸突然昏迷了，怎么办", EmergencyKind.MEDICAL, "unconscious"),
    ("老人晕倒在公交站，赶紧叫救护车送医院", EmergencyKind.MEDICAL, "a hospital named is no reason to wait"),
    ("学校好多孩子食物中毒上吐下泻", EmergencyKind.MEDICAL, "many at once"),
    ("我老婆羊水破了，车堵在路上", EmergencyKind.MEDICAL, "a birth"),
    ("前面出车祸了，有人流血不止", EmergencyKind.MEDICAL, "a crash"),
    ("我女儿放学后不见了，到现在没回家", EmergencyKind.MISSING, "a missing child"),
    ("老人走失了，穿蓝色衣服", EmergencyKind.MISSING, "a missing elder"),
    ("几十个农民工围堵在项目部门口讨薪", EmergencyKind.GROUP_EVENT, "a crowd"),
    ("村民把国道堵了，正在堵国道", EmergencyKind.GROUP_EVENT, "a road blocked"),
    ("明天我们要集体去省里上访", EmergencyKind.GROUP_EVENT, "announced"),
]

EVERYDAY = [
    ("消防通道被占，投诉多次没人管", "a blocked fire lane is a complaint"),
    ("小区存在火灾隐患，灭火器都过期了", "a hazard, not a fire"),
    ("希望社区组织消防演练", "a drill"),
    ("楼下烧烤店油烟太大", "smoke of a kitchen"),
    ("工厂烟囱天天冒黑烟，污染空气", "smoke of a chimney is pollution"),
    ("有人焚烧秸秆，味道呛人", "straw burning is pollution"),
    ("万一着火了消防车都进不来", "a supposition"),
    ("去年小区着火，至今没有赔偿", "long ago"),
    ("燃气泄漏报警器有补贴吗", "a question about a device"),
    ("请问天然气什么时候开通", "a supply question"),
    ("燃气管道老化，担心漏气，希望更换", "a worry"),
    ("电动车轮胎漏气了", "leaking, but not gas"),
    ("路面塌陷有个坑，请修一下", "road damage is repaired, not rescued"),
    ("房屋倒塌多年，能申请危房改造吗", "a claim"),
    ("电梯经常坏，物业不修", "a defect"),
    ("反映关于电梯加装的问题", "关于电梯 is no 关…电梯"),
    ("防溺水宣传做得好", "prevention"),
    ("配电箱裸露，有触电危险", "a hazard"),
    ("商场跳楼价大甩卖是虚假宣传", "跳楼 in a shop window"),
    ("热得想死人", "a manner of speaking"),
    ("这项政策扼杀了我们的刚需", "杀 inside another word"),
    ("咨询家暴可以申请人身保护令吗", "a question of law"),
    ("菜刀质量差，要求退货", "a knife that was bought"),
    ("我妈得了脑溢血，医保能报多少", "an illness of long standing"),
    ("昏迷病人异地就医怎么报销", "a reimbursement question"),
    ("工厂废气难闻，让人呼吸困难", "pollution"),
    ("老婆快生了，准生证怎么办", "a certificate"),
    ("我的身份证丢了", "a thing is lost"),
    ("孩子的学籍找不到了", "a record is lost"),
    ("我家的狗不见了", "an animal is lost"),
    ("广场上几十个人聚集跳舞，太吵了", "a crowd that dances"),
    ("学校门口堵车严重", "traffic"),
    ("信访局怎么走", "petitions office, no petition"),
    ("路灯不亮", "the plainest complaint"),
    ("抢救性保护古树，建议挂牌", "抢救 of a tree"),
    ("救命钱被骗了，医保卡里的钱", "救命 inside another word"),
    ("", "nothing"),
]


@pytest.mark.parametrize(("text", "kind", "reason"), DANGERS, ids=[row[2] for row in DANGERS])
def test_danger_is_found(text: str, kind: EmergencyKind, reason: str) -> None:
    found = find_emergency(text)
    assert found is not None, reason
    assert found.kind is kind
    assert found.word in text


@pytest.mark.parametrize(("text", "reason"), EVERYDAY, ids=[row[1] for row in EVERYDAY])
def test_everyday_matters_are_no_emergency(text: str, reason: str) -> None:
    assert find_emergency(text) is None, reason


@given(st.text(max_size=400))
def test_any_text_gets_an_answer_from_the_rules(text: str) -> None:
    guess = guess_request_type(text)
    assert 0 < guess.confidence <= 0.95
    found = find_emergency(text)
    assert found is None or found.word in text


TYPES = [
    ("请问社保卡丢了怎么补办？", "consultation", "a polite question"),
    ("生育津贴需要什么材料", "consultation", "no question mark"),
    ("公积金可以提取吗", "consultation", "可以…吗"),
    ("咨询一下落户政策", "consultation", "says so"),
    ("今年小学几点报名，电话是多少", "consultation", "facts asked for"),
    ("医保报销比例是多少？", "consultation", "a question mark"),
    ("我家停水两天了", "help", "a service is out"),
    ("路灯不亮，请派人修一下", "help", "a repair"),
    ("求助：老人独居没人照顾", "help", "says so"),
    ("下水道堵了，污水倒灌", "help", "a repair"),
    ("井盖坏了很危险，请尽快处理", "help", "a repair"),
    ("我要投诉小区物业乱收费", "complaint", "says so"),
    ("楼下广场舞噪音扰民，影响休息", "complaint", "noise"),
    ("窗口工作人员态度恶劣", "complaint", "service"),
    ("老板拖欠工资三个月不发", "complaint", "wages"),
    ("健身房关门不退钱", "complaint", "a consumer"),
    ("工地半夜施工太吵，打电话没人管", "complaint", "noise again"),
    ("我要举报某饭店用地沟油", "report", "says so"),
    ("举报有人非法采砂", "report", "an offence"),
    ("村里有人开赌场赌博", "report", "an offence without the word"),
    ("该公司偷税漏税，虚开发票", "report", "tax"),
    ("有黑作坊制假售假", "report", "counterfeits"),
    ("建议在校门口增设红绿灯", "suggestion", "says so"),
    ("希望公交车晚上延长运营时间", "suggestion", "希望…延长"),
    ("能不能在公园增加几个垃圾桶", "suggestion", "能不能…增加 asks for no fact"),
    ("我要表扬公交车司机拾金不昧", "praise", "says so"),
    ("感谢社区工作人员帮我找回钱包", "praise", "thanks for a deed"),
    ("给政务大厅的小李点赞，服务态度真好", "praise", "点赞"),
    ("你好", "help", "nothing said: the safest type, with little confidence"),
]


@pytest.mark.parametrize(("text", "label", "reason"), TYPES, ids=[row[0] for row in TYPES])
def test_the_wording_suggests_the_request_type(text: str, label: str, reason: str) -> None:
    assert guess_request_type(text).label == label, reason


def test_thanks_at_the_end_do_not_make_a_complaint_praise() -> None:
    assert guess_request_type("投诉烧烤店油烟扰民，望处理，非常感谢！").label == "complaint"


def test_a_type_said_outright_is_surer_than_one_guessed_from_nothing() -> None:
    assert guess_request_type("我要投诉物业乱收费").confidence > 0.7
    assert guess_request_type("嗯").confidence < 0.5


@pytest.mark.parametrize("padding", ["", "这是前几天说过的事。" * 20])
def test_one_pass_reads_what_two_read(padding: str) -> None:
    for text, *_ in (*DANGERS, *EVERYDAY, *TYPES):
        said = padding + text
        assert read_type_and_danger(said) == (guess_request_type(said), find_emergency(said))
