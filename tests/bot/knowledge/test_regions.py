"""How an entry may write where it holds: one known place, by a name that is its own or by its path."""

from __future__ import annotations

import pytest

from bot.knowledge.regions import home_regions, own_paths, region_paths, regions_at, why_no_region
from bot.wechat.accounts import Account
from knowledge_base.library import load_demo_articles
from routing.places.gazetteer import Gazetteer
from routing.places.place import Place, PlaceLevel
from routing.reference_tables import demo_reference

TOWNS = Gazetteer(
    [
        Place("1", "云川市", PlaceLevel.CITY, None, ()),
        Place("11", "清和县", PlaceLevel.COUNTY, "1", ()),
        Place("12", "云岭县", PlaceLevel.COUNTY, "1", ()),
        Place("111", "城关镇", PlaceLevel.TOWNSHIP, "11", ()),
        Place("121", "城关镇", PlaceLevel.TOWNSHIP, "12", ()),
        Place("112", "中山路", PlaceLevel.ROAD, "111", ()),
    ],
    home="11",
)


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        ("全国", ("全国",)),
        ("清和县", ("云川市/清和县",)),
        ("云川市/清和县", ("云川市/清和县",)),
        ("城关镇", ("云川市/清和县/城关镇", "云川市/云岭县/城关镇")),
        ("云川市/云岭县/城关镇", ("云川市/云岭县/城关镇",)),
        ("清和县/城关镇", ()),
        ("中山路", ()),
        ("清河县", ()),
    ],
)
def test_a_region_means_one_place_several_or_none(region: str, meant: tuple[str, ...]) -> None:
    assert region_paths(TOWNS).get(region, ()) == meant


def test_whatever_is_taken_holds_for_somebody_who_asks_there() -> None:
    for written, meant in region_paths(TOWNS).items():
        if len(meant) == 1:
            assert written in regions_at(meant[0], TOWNS)


def test_a_place_the_settings_name_is_known_whatever_the_table_says() -> None:
    paths = region_paths(TOWNS, "江原省/云川市/清和县")
    assert paths["清和县"] == ("江原省/云川市/清和县",)
    assert paths["江原省"] == ("江原省",)
    home = home_regions("江原省/云川市/清和县", TOWNS)
    assert home is not None
    assert {"清和县", "江原省/云川市/清和县"} <= home
    assert region_paths(TOWNS, "城关镇")["城关镇"] == region_paths(TOWNS)["城关镇"]


def test_every_region_of_the_demo_s_entries_is_one_known_place() -> None:
    places = region_paths(demo_reference().gazetteer)
    # The neighbouring county of one entry, there to be answered to nobody here, need not be in a county's table.
    for region in {article.region for article in load_demo_articles()} - {"云岭县"}:
        assert len(places.get(region, ())) == 1, region


def test_what_is_wrong_with_a_region_is_said_so_that_it_can_be_put_right() -> None:
    assert "地名表里没有“清河县”" in why_no_region("清河县", ())
    said = why_no_region("城关镇", region_paths(TOWNS)["城关镇"])
    assert said == "叫“城关镇”的地方有2个，请写全是哪一个：云川市/清和县/城关镇，云川市/云岭县/城关镇"


def test_accounts_and_settings_name_places_of_their_own() -> None:
    assert own_paths("", {}) == ()
    assert own_paths("甲县", dict[str, Account]()) == ("甲县",)
