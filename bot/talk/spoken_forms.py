"""The many ways one word is written: traditional characters, numerals, polite beginnings and trailing particles."""

from __future__ import annotations

import re
import unicodedata

_PAIRS = """
萬万與与專专業业東东絲丝兩两嚴严喪丧個个豐丰臨临為为麗丽舉举義义烏乌樂乐喬乔習习鄉乡書书買买亂乱爭争虧亏雲云亞亚產产畝亩親亲
億亿僅仅從从侖仑倉仓儀仪們们價价眾众優优會会傘伞偉伟傳传傷伤倫伦偽伪體体餘余傭佣俠侠侶侣偵侦側侧僑侨儉俭債债傾倾償偿儲储兒儿
兇凶黨党關关興兴養养獸兽內内岡冈冊册寫写軍军農农馮冯沖冲決决況况凍冻淨净準准涼凉減减湊凑凜凛幾几鳳凤憑凭凱凯擊击劃划劉刘則则
剛刚創创刪删別别剎刹劑剂劍剑劇剧勸劝辦办務务動动勵励勁劲勞劳勢势區区醫医華华協协單单賣卖盧卢衛卫卻却廠厂廳厅歷历厲厉壓压廁厕
縣县參参雙双發发變变敘叙疊叠葉叶號号嘆叹嚇吓呂吕嗎吗聽听啟启吳吴員员嗆呛嗚呜詠咏響响啞哑喚唤嘩哗喲哟嘍喽囑嘱團团園园圍围圖图
圓圆聖圣場场壞坏塊块堅坚壇坛壩坝墳坟墜坠壟垄壘垒墊垫塵尘牆墙壯壮聲声殼壳壺壶處处備备復复複复覆复夠够頭头誇夸夾夹奪夺奮奋獎奖
奧奥婦妇媽妈嫵妩嬰婴孫孙學学寧宁寶宝實实寵宠審审憲宪宮宫寬宽賓宾對对尋寻導导壽寿將将爾尔塵尘嘗尝層层屆届屬属歲岁豈岂島岛嶺岭
幣币師师帳帐賬账帶带幫帮庫库應应廟庙龐庞廢废開开異异棄弃張张彈弹強强歸归當当錄录徹彻徑径憶忆懷怀態态總总戀恋惡恶惱恼懸悬驚惊
懼惧慘惨憤愤慣惯願愿懶懒戲戏戰战戶户撲扑託托執执擴扩掃扫揚扬擾扰撫抚拋抛搶抢護护報报擔担擬拟攏拢揀拣擁拥攔拦撥拨擇择掛挂擠挤
揮挥損损撿捡換换據据攜携搖摇攤摊敵敌數数齊齐斷断無无舊旧時时曠旷晝昼顯显曉晓暈晕暫暂術术樸朴機机殺杀雜杂權权條条來来楊杨極极
構构槍枪櫃柜檸柠標标棧栈棟栋欄栏樹树樣样檔档橋桥樁桩夢梦檢检樓楼櫥橱歡欢歐欧殘残畢毕氣气匯汇漢汉湯汤溝沟沒没滬沪淚泪潔洁灑洒
濁浊測测濟济瀏浏渾浑濃浓塗涂濤涛漲涨漸渐漁渔滲渗溫温灣湾濕湿滿满濾滤濫滥滯滞潑泼潛潜瀾澜滅灭燈灯靈灵災灾燦灿爐炉點点煉炼爛烂
煩烦燒烧熱热煙烟營营愛爱爺爷牽牵犧牺狀状猶犹獨独獄狱豬猪貓猫獻献環环現现瑪玛電电畫画暢畅療疗瘋疯癢痒瘡疮皺皱盜盗蓋盖監监盤盘
睜睁矚瞩矯矫礦矿碼码磚砖確确礙碍禮礼禍祸離离種种積积稱称穩稳窮穷竊窃競竞筆笔築筑簡简簽签籤签籌筹籃篮糧粮緊紧糾纠紅红約约級级紀纪
紙纸純纯紛纷紋纹線线練练組组細细織织終终經经結结給给絡络絕绝統统繼继績绩緒绪續续維维綠绿網网編编緣缘縮缩罰罚罷罢聯联職职聾聋
腸肠膚肤腫肿脹胀脅胁膽胆勝胜膠胶腳脚臉脸腦脑臟脏髒脏舖铺艦舰艱艰蘇苏蘋苹範范莖茎薦荐藥药莊庄獲获營营藍蓝蘭兰虛虚蟲虫蝦虾蟻蚁補补
襯衬裝装褲裤製制見见規规視视覺觉覽览觸触訂订計计認认討讨讓让訓训議议訊讯記记講讲許许論论設设訪访證证評评識识訴诉診诊詞词試试詩诗
話话誠诚該该詳详語语誤误說说説说請请諸诸讀读誰谁調调諒谅談谈謝谢謠谣謊谎譯译護护貝贝負负財财責责貨货質质販贩貧贫購购貴贵費费貸贷
貼贴賀贺資资賠赔賴赖賺赚賽赛贊赞贓赃贏赢趕赶趙赵躍跃車车軌轨轉转輪轮軟软輕轻載载較较輔辅輛辆輩辈輸输轄辖邊边遼辽達达遷迁過过邁迈運运
還还這这進进遠远違违連连遲迟選选遺遗郵邮鄰邻醜丑醬酱釋释裡里裏里鑒鉴針针釘钉鈔钞鋼钢鐘钟鍾钟錢钱鐵铁鋪铺鎖锁鍋锅錯错鎮镇鏟铲
長长門门閃闪閉闭問问間间悶闷鬧闹聞闻閥阀閱阅隊队陽阳陰阴陣阵階阶際际陸陆陳陈險险隨随隱隐隻只難难雞鸡霧雾靜静頂顶項项順顺須须預预
領领頻频顆颗題题顏颜額额風风飛飞飯饭飲饮飾饰館馆饑饥馬马駕驾駐驻駛驶驗验騙骗騷骚驢驴髮发鬆松魚鱼鮮鲜鳥鸟鴨鸭麥麦黃黄齡龄龍龙
於于後后臺台檯台週周迴回妳你麼么諮咨詢询錶表託托徵征誌志佈布係系繫系衝冲鬥斗鬱郁鹽盐齒齿癥症喫吃閒闲併并採采乾干幹干
"""
_SIMPLIFIED = str.maketrans(
    {line[at]: line[at + 1] for line in _PAIRS.split() for at in range(0, len(line), 2)}
)
_TRADITIONAL = re.compile(f"[著{''.join(map(chr, _SIMPLIFIED))}]")
_BURNING = re.compile(r"著(?=[火急凉])")
"""著 is also simplified, as in 著作权."""
_KEYCAP = re.compile("[\ufe0f\u20e3]")
_NUMERALS = {**dict(zip("一二三四五六七八九", "123456789", strict=True)), "两": "2", "十": "10"}
_NUMBERED = re.compile(
    r"(?:我?(?:选择?|要|点|按|回复?)(?:的是)?)?第?([一二两三四五六七八九十]|1?\d)(?:个|项|号)?吧?"
)
_SPOKEN_DIGITS = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")
_SPOKEN_NUMBER = re.compile(r"[零〇一幺二两三四五六七八九]{7,}")
_POLITE = re.compile(r"^(?:请|麻烦(?:你|您)?|帮我|给我|帮忙|我要|我想|我想要|俺要|俺想|咱要|那|那就)+")
_PARTICLES = re.compile(r"(?:一下|一哈|下|[啊呀吧呢嘛哈哦喔咯啦哇噻撒嘞哎哟么])+$")


def simplified(text: str) -> str:
    """Traditional characters as the simplified ones that words and models know; for understanding, never for keeping."""
    if (
        _TRADITIONAL.search(text) is None
    ):  # asked many times of each message, and translating costs twenty times as much
        return text
    return _BURNING.sub("着", text.translate(_SIMPLIFIED))


def without_keycaps(text: str) -> str:
    """1️⃣ is 1."""
    return _KEYCAP.sub("", text)


def as_digit(word: str) -> str | None:
    """``3`` for 三, 第三个, 选3 or 3号; None for any other word."""
    found = _NUMBERED.fullmatch(word)
    return _NUMERALS.get(found[1], found[1]) if found else None


def digits_spoken(text: str) -> str:
    """一三八零零… as voice recognition writes a number: runs of seven numerals and more become digits."""
    return _SPOKEN_NUMBER.sub(lambda said: said[0].translate(_SPOKEN_DIGITS), text)


def plainer(word: str) -> tuple[str, ...]:
    """The word without its particles, without its polite beginning, and without both: for whoever knows one of them."""
    bare = _PARTICLES.sub("", word)
    return tuple(dict.fromkeys(each for each in (bare, _POLITE.sub("", word), _POLITE.sub("", bare)) if each))


def width_plain(code: int) -> str:
    """The ordinary twin of a full-width or circled character."""
    return unicodedata.normalize("NFKC", chr(code))
