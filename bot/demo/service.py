"""The demo's one process: web service, worker and simulated WeChat, from ready until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import aiohttp
import structlog
from aiohttp import web

from bot.app import create_app
from bot.cores import stay_on_one_core
from bot.demo.answer_templates import keep_templates
from bot.demo.duty import put_on_duty
from bot.demo.furnishing import CONTENTS, furnish
from bot.demo.notices import library
from bot.demo.questions import ask_lately
from bot.demo.seeding import seed
from bot.demo.setting import PEOPLE, DemoSetting, admit
from bot.embedded import EmbeddedStores, EmbeddedUnavailable
from bot.ending import still_wanted
from bot.services import Services
from bot.settings import Settings
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import SimulatedAccount
from bot.simulator.several import mount_accounts
from bot.simulator.sms_gateway import SimulatedSms
from bot.web.login import DEMO_LOGINS, DemoLogin
from bot.wechat.accounts import Account
from bot.wiring import build_services
from knowledge_base.library import load_demo_articles

log = structlog.get_logger(__name__)

PLATFORM_API = "/simulator/platform"
STOP_WITHIN_S = 2.0
"""How long requests under way may still take when the demo is told to stop."""
_LOOK_AT_STORES_EVERY_S = 1.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class PortTaken(Exception):
    """Another program began to listen on the port after we had taken it."""


async def run(
    settings: Settings,
    setting: DemoSetting,
    listening: socket.socket,
    *,
    url: str,
    stores: EmbeddedStores,
    ready: Callable[[], None],
    progress: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM; ``ready`` is called once everything listens and the past is there.

    ``settings`` names the stores that run. ``listening`` is bound and not yet listening.
    """
    with _cancelled_by_signals():
        try:
            async with (
                build_services(settings, first_articles=load_demo_articles()) as services,
                aiohttp.ClientSession() as http,
            ):
                await admit(services.people, setting)
                await _forget_tokens(services, setting)
                if await seed(services, setting, progress=progress):
                    await ask_lately(services, now=services.clock())
                await put_on_duty(services, now=services.clock())
                await keep_templates(services)
                platforms = [
                    _platform(services, setting, account, url=url, http=http) for account in setting.accounts
                ]
                async with _served(services, platforms, listening), asyncio.TaskGroup() as group:
                    group.create_task(_keep_alive(stores))
                    await furnish(services)
                    stay_on_one_core()  # the stores, and whoever writes to us, have the others
                    ready()
        except asyncio.CancelledError:
            progress("正在停止…")


async def _forget_tokens(services: Services, setting: DemoSetting) -> None:
    """The platform starts anew with every demo and knows no token it gave before."""
    for account in setting.accounts:
        async for key in services.redis.scan_iter(match=f"value*:wechat-token:{account.app_id}"):
            await services.redis.delete(key)


def _platform(
    services: Services, setting: DemoSetting, account: Account, *, url: str, http: aiohttp.ClientSession
) -> SimulatedPlatform:
    journal = "simulator.jsonl" if account is setting.account else f"simulator-{account.name}.jsonl"
    platform = SimulatedPlatform(
        account=SimulatedAccount(
            name=account.name,
            title=account.title,
            app_id=account.app_id,
            secret=account.secret,
            token=account.token,
            encoding_aes_key=account.encoding_aes_key,
            mode=account.mode,
        ),
        deliver_to=f"{url}/wechat/{account.name}",
        http=http,
        clock=services.clock,
        # Whoever has the card may push to the service without the platform; the answers arrive all the same.
        admit_strangers=True,
        journal=setting.path.with_name(journal),
    )
    platform.library = library(account.name, by_subscription=account is not setting.account)
    # Some of the past's tickets are theirs; without this, answers would be refused as outside the 48 hours.
    for citizen in platform.citizens.all():
        platform.phones.of(citizen.openid).open_window("message", now=services.clock())
    return platform


@contextlib.asynccontextmanager
async def _served(
    services: Services, platforms: Sequence[SimulatedPlatform], listening: socket.socket
) -> AsyncIterator[None]:
    """Listen before the worker starts: its first notices then wait for the platform instead of failing."""
    app = create_app(services, run_worker=True)
    app[DEMO_LOGINS] = [
        DemoLogin(
            role=person.user.role,
            user=person.user.username,
            password=person.password,
            unit_name=services.units.get(person.user.unit_id).short_name,
        )
        for person in PEOPLE
    ]
    gateway = SimulatedSms(
        platforms,
        secret=services.settings.sms_secret.get_secret_value(),
        sign=services.settings.sms_sign,
        clock=services.clock,
    )
    app.add_routes(gateway.routes())
    mount_accounts(app, platforms, clock=services.clock, contents=CONTENTS, api_prefix=PLATFORM_API)
    try:
        listening.listen(1024)
    except OSError as error:
        raise PortTaken(error.strerror) from error
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_WITHIN_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()


async def _keep_alive(stores: EmbeddedStores) -> None:
    """Start a store that died again; blocks the service for that second, which could not work without it."""
    while still_wanted():
        await asyncio.sleep(_LOOK_AT_STORES_EVERY_S)
        try:
            for name in stores.revive():
                log.warning("store restarted", store=name)
        except EmbeddedUnavailable as error:
            log.error("store does not start", reason=str(error))


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[None]:
    """Let the first SIGINT or SIGTERM cancel this task; later ones change nothing, the stores are stopping."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    told = False

    def stop() -> None:
        nonlocal told
        if not told:
            told = True
            task.cancel()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
