"""What the demo's accounts have on the simulated platform: menus, QR codes, and words to try."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.demo.setting import ACCOUNT, MARKET
from bot.followers.menu_desk import MenuDesk
from bot.followers.scene_codes import SceneDesk
from bot.followers.scenes import ScenePlace
from bot.services import Services
from bot.simulator.views import PageContent, SampleCode, Suggestion
from bot.wechat.delivery import DeliveryRefused, DeliveryUnknown
from bot.wechat.menu_file import MenuInvalid
from bot.wechat.menus import put_menu

log = structlog.get_logger(__name__)

_BY, _WHY = "演示", "演示启动时发布"

CODES: Mapping[str, tuple[ScenePlace, ...]] = {
    ACCOUNT: (
        ScenePlace("hall-3", "政务大厅3号窗口", "清和县政务服务大厅3号窗口"),
        ScenePlace("street-renmin", "人民路公告栏", "清和县城关街道人民路"),
    ),
    MARKET: (ScenePlace("market-east", "东门农贸市场入口", "清和县城关街道东门农贸市场", "qh.market"),),
}

CONTENTS: Mapping[str, PageContent] = {
    ACCOUNT: PageContent(codes=tuple(SampleCode(c.label, c.scene) for c in CODES[ACCOUNT])),
    MARKET: PageContent(
        suggestions=(
            Suggestion("个体工商户办营业执照要什么材料", "办事指南，一次告知材料"),
            Suggestion("在超市买的牛奶过期了，店家不给退", "投诉，直接到市场监管局"),
            Suggestion("我们楼的电梯三天两头困人", "归市场监管局管"),
            Suggestion("隔壁总是怪怪的，说不上来是什么事，帮忙看看", "机器拿不准的，先到本局"),
            Suggestion("我的诉求", "查办到哪一步"),
        ),
        codes=tuple(SampleCode(c.label, c.scene) for c in CODES[MARKET]),
    ),
}


async def furnish(services: Services) -> None:
    """Give each account its menu and codes; the platform forgot them when the demo stopped."""
    for name in services.wechat_accounts:
        try:
            await _menu(services, name)
            await _codes(services, name)
        except (DeliveryRefused, DeliveryUnknown, MenuInvalid) as failure:
            log.warning("account not furnished", account=name, reason=type(failure).__name__)


async def _menu(services: Services, name: str) -> None:
    """The menu somebody published last, else the one of the file, whose addresses change with the demo's port."""
    account, client = services.wechat_accounts[name], services.wechat_clients[name]
    latest = await services.menus.latest(name, limit=1)
    desk = MenuDesk(
        account=account, client=client, versions=services.menus, public_url=services.settings.public_url
    )
    wanted = desk.wanted() if account.menu is not None and (not latest or latest[0].by == _BY) else None
    if wanted is not None and (not latest or latest[0].menu != wanted):
        after = latest[0].number if latest else 0
        await desk.publish(wanted, after=after, by=_BY, now=services.clock(), why=_WHY)
    elif latest:
        await put_menu(client, latest[0].menu)


async def _codes(services: Services, name: str) -> None:
    desk = SceneDesk(name, services.wechat_clients[name], services.scenes)
    for place in CODES.get(name, ()):
        await desk.add(place, days=None, by=_BY, now=services.clock())
