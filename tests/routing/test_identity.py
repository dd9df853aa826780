"""The vault: what is sealed stays sealed, is found without being opened, and every opening leaves a line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.citizen_request import Citizen
from routing.errors import UnknownTicket
from routing.identity import SealBroken, Vault, mask_name, mask_phone, normalise_phone
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database
from routing.redaction import redact
from tests.factories import MONDAY_9_30, a_liaison

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CITIZEN = Citizen(name="王建国", phone="13800005678", account="demo", openid="oAbC-1")


@given(st.binary(), st.text(min_size=1))
def test_what_is_sealed_opens_again_only_for_its_own_record(plain: bytes, about: str) -> None:
    vault = Vault(KEY)
    sealed = vault.seal(plain, about=about)
    assert vault.open(sealed, about=about) == plain
    with pytest.raises(SealBroken):
        vault.open(sealed, about=about + "x")


@given(st.integers(0, 40))
def test_one_altered_byte_breaks_the_seal(position: int) -> None:
    sealed = bytearray(Vault(KEY).seal(b"0123456789ab", about="a"))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(SealBroken):
        Vault(KEY).open(bytes(sealed), about="a")


def test_a_rotated_key_still_opens_what_the_old_one_sealed() -> None:
    sealed = Vault(KEY).seal(b"x", about="a")
    assert Vault(OTHER_KEY, previous=(KEY,)).open(sealed, about="a") == b"x"
    with pytest.raises(SealBroken):
        Vault(OTHER_KEY).open(sealed, about="a")


async def test_what_was_found_before_a_key_rotation_is_found_after_it(database: Database) -> None:
    before = MongoIdentityStore(database, Vault(KEY))
    await before.put("HY1", CITIZEN)
    await before.read("HY1", reader=a_liaison(), reason="一", now=MONDAY_9_30)
    rotated = Vault(OTHER_KEY, previous=(KEY,))
    after = MongoIdentityStore(database, rotated)
    assert await after.numbers_of(account="demo", openid="oAbC-1", limit=5) == ["HY1"]
    assert rotated.is_query_code("HY1", Vault(KEY).query_code("HY1"))
    await after.read("HY1", reader=a_liaison(), reason="二", now=MONDAY_9_30)
    assert await after.first_broken_read() is None


def test_masks_show_enough_to_recognise_and_too_little_to_call() -> None:
    assert mask_name("王建国") == "王**"
    assert mask_name("欧阳") == "欧*"
    assert mask_phone("13800005678") == "138****5678"
    assert mask_phone("110") == "***"
    assert mask_phone("8123456") == "*****56"
    assert mask_phone(None) is None
    assert normalise_phone("+86 138-0000-5678") == "13800005678"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请打13800005678联系我", "请打[手机号]联系我"),
        ("我叫王建国，住在3号楼2单元501室", "我叫[姓名]，住在[门牌]"),
        ("身份证11010519491231002X", "身份证[身份证号]"),
        ("车牌京A12345乱停", "车牌[车牌]乱停"),
        ("请打１３８００００５６７８", "请打[手机号]"),
        ("电话138.0000.5678或138 0000 56 78", "电话[手机号]或[手机号]"),
        ("家里8123-4567，电话8123456", "家里[电话]，电话[电话]"),
        ("卡号6222 0212 3456 7890 123", "卡号[银行卡号]"),
        ("2026年10月1日下午3点，公交103路", "2026年10月1日下午3点，公交103路"),
        ("身份证110101 19900101 1234", "身份证[身份证号]"),
        ("身份证1101 0119 9001 0112 3x", "身份证[身份证号]"),
        ("我是张三，住幸福小区12-3-401", "我是[姓名]，住幸福小区[门牌]"),
        ("我姓李叫李大刚，3单元201", "我姓李叫[姓名]，[门牌]"),
        ("姓名：王秀英 申请低保", "姓名：[姓名] 申请低保"),
        ("建设路15号王秀英家漏水", "建设路15号[姓名]家漏水"),
        ("电话一三八零零一三八零零零", "电话[号码]"),
        ("微信号zhang_san88，邮箱zhang.san@example.com，QQ123456", "微信号[微信号]，邮箱[邮箱]，QQ[QQ号]"),
        ("我是低保户，我是高中生，我是外地人", "我是低保户，我是高中生，我是外地人"),
        ("国家、大家和专家，张大爷想回家", "国家、大家和专家，张大爷想回家"),
        ("二〇二六年三月一日，2026-10-01至2026-10-31", "二〇二六年三月一日，2026-10-01至2026-10-31"),
        ("微信小程序，微信公众号huiyin，叫停施工", "微信小程序，微信公众号huiyin，叫停施工"),
    ],
)
def test_redaction_takes_out_what_identifies_and_leaves_what_matters(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_house_is_found_by_its_unit_and_not_by_those_who_read_what_was_asked() -> None:
    said = "建设路15号漏水，坐轨道3号线到和平街2号"
    assert redact(said) == said
    assert redact(said, home=True) == "建设路[门牌]漏水，坐轨道3号线到和平街[门牌]"


@pytest.mark.parametrize("piece", ["1", "4 ", "1-", "a", "a@", "a.a-", "王", "我是王", "微信", "一", "姓名 "])
def test_a_hostile_text_is_redacted_in_time_that_grows_with_its_length_only(piece: str) -> None:
    began = time.process_time()
    redact(piece * (200_000 // len(piece)), home=True)
    assert time.process_time() - began < 2


async def test_identity_rests_sealed_and_every_opening_is_logged(database: Database) -> None:
    store = MongoIdentityStore(database, Vault(KEY))
    await store.prepare()
    await store.put("HY1", CITIZEN)
    raw = str(await database["identities"].find_one({"_id": "HY1"}))
    for secret in ("王建国", "13800005678", "oAbC-1"):
        assert secret not in raw
    assert await store.read("HY1", reader=a_liaison(), reason="电话联系", now=MONDAY_9_30) == CITIZEN
    reads = [r async for r in store.reads(number="HY1")]
    assert [(r.actor_id, r.reason) for r in reads] == [("liaison", "电话联系")]


async def test_showing_the_mask_and_finding_ones_own_tickets_opens_nothing(database: Database) -> None:
    store = MongoIdentityStore(database, Vault(KEY))
    await store.put("HY1", CITIZEN)
    assert (await store.masked("HY1")).phone == "138****5678"
    assert await store.numbers_of(account="demo", openid="oAbC-1", limit=5) == ["HY1"]
    assert await store.numbers_of(account="other", openid="oAbC-1", limit=5) == []
    assert [r async for r in store.reads()] == []


@pytest.mark.parametrize("tamper", ["change", "remove"])
async def test_a_tampered_read_log_says_where(database: Database, tamper: str) -> None:
    store = MongoIdentityStore(database, Vault(KEY))
    await store.put("HY1", CITIZEN)
    for reason in ("一", "二", "三"):
        await store.read("HY1", reader=a_liaison(), reason=reason, now=MONDAY_9_30)
    assert await store.first_broken_read() is None
    if tamper == "change":
        await database["identity_reads"].update_one({"_id": 2}, {"$set": {"reason": "别的"}})
    else:
        await database["identity_reads"].delete_one({"_id": 2})
    assert await store.first_broken_read() == 2


async def test_a_ticket_without_identity_is_unknown(database: Database) -> None:
    with pytest.raises(UnknownTicket):
        await MongoIdentityStore(database, Vault(KEY)).read(
            "HY9", reader=a_liaison(), reason="x", now=MONDAY_9_30
        )
