"""``huiyin demo``: everything on this machine in one process tree, ready to be tried out."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from pydantic import SecretStr

from bot.data_directory import DataDirectoryInUse, lock_data_dir
from bot.demo import service
from bot.demo.notices import SMS_SIGN
from bot.demo.setting import PEOPLE, DemoSetting, open_setting, write_private
from bot.embedded import EmbeddedStores, EmbeddedUnavailable, StoreAddresses
from bot.logs import configure_logs
from bot.settings import Settings, SettingsInvalid, generated_secret_key
from bot.simulator import sms_gateway
from bot.wechat.accounts import AccountsInvalid
from bot.wording import label
from classifier.segment import warm_up


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(
        "demo", help="在本机运行全套演示：数据库、服务、样例工单和模拟微信。按 Ctrl-C 停止，数据保留。"
    )(demo)


def demo(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="端口；0 为任选空闲端口。默认 8080。")
    ] = None,
    host: Annotated[str | None, typer.Option(help="监听地址。默认只限本机 127.0.0.1。")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="数据目录。默认 .huiyin。")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="把每个请求也写到标准错误。")] = False,
) -> None:
    """Run the demo until Ctrl-C or SIGTERM; exit 1 when it cannot start, 2 when port or settings are wrong."""
    configure_logs(level=logging.INFO if verbose else logging.WARNING)
    for number in service.STOP_SIGNALS:
        signal.signal(number, _leave)
    try:
        settings = Settings.from_environment(port=port, host=host, data_dir=data_dir)
    except SettingsInvalid as error:
        _give_up(f"设置有误：{error}", 2)
    listening = _bind(settings.host, settings.port)
    try:
        _run(settings, listening)
    except (EmbeddedUnavailable, DataDirectoryInUse) as error:
        _give_up(_why_not(error), 1)
    except (AccountsInvalid, SettingsInvalid) as error:
        _give_up(f"演示的配置不能用：{error}", 1)
    except service.PortTaken:
        _give_up(_port_taken(settings.port), 2)
    finally:
        listening.close()
    _say("已停止，数据保留在数据目录里。")


def _run(settings: Settings, listening: socket.socket) -> None:
    data_dir = settings.data_dir.expanduser().absolute()
    url = _url(settings.host, listening.getsockname()[1])
    stores = EmbeddedStores(data_dir, mongo=not settings.mongo_url, redis=not settings.redis_url)
    if settings.mongo_url and settings.redis_url:
        held = lock_data_dir(data_dir, patience_s=0)
        _say("使用已配置的 MongoDB 和 Redis。")
    else:
        held = None
        _say("正在启动数据库…")
    dictionary = threading.Thread(target=warm_up, daemon=True)
    dictionary.start()  # takes about as long as the database
    try:
        with stores as addresses:
            setting = open_setting(data_dir)
            dictionary.join()
            _say("正在载入模型和知识库…")
            asyncio.run(
                service.run(
                    _complete(settings, addresses, setting, url=url, data_dir=data_dir),
                    setting,
                    listening,
                    url=url,
                    stores=stores,
                    ready=lambda: _announce(url, setting, data_dir),
                    progress=_say,
                )
            )
    finally:
        if held is not None:
            os.close(held)


def _complete(
    settings: Settings, addresses: StoreAddresses, setting: DemoSetting, *, url: str, data_dir: Path
) -> Settings:
    """The settings with the stores that run, the demo's account and the simulated platform."""
    own_key = settings.secret_key.get_secret_value()
    complete = settings.model_copy(
        update={
            "mongo_url": settings.mongo_url or addresses.mongo_url,
            "redis_url": settings.redis_url or addresses.redis_url,
            "data_dir": data_dir,
            "secret_key": SecretStr(own_key) if own_key else generated_secret_key(data_dir),
            "wechat_accounts": setting.path,
            "wechat_api_base": f"{url}{service.PLATFORM_API}",
            "public_url": settings.public_url or url,
            "sms_url": f"{url}{sms_gateway.PATH}",
            "sms_secret": SecretStr(secrets.token_urlsafe(32)),
            "sms_sign": SMS_SIGN,
            # Whoever tries it at night sees it work.
            "sms_hours": " ",
        }
    )
    complete.key_bytes()
    return complete


def _announce(url: str, setting: DemoSetting, data_dir: Path) -> None:
    """The DEMO line for programs, into ``demo.json`` as well, and the same for people."""
    line = json.dumps(demo_card(url, setting), ensure_ascii=False)
    write_private(data_dir / "demo.json", line + "\n")
    # Names are shown on the console's login page, with one click; here the first of each role will do.
    people = "\n".join(
        f"    {label(person.user.role):　<4}　{person.user.username:<11} {person.password}"
        for person in PEOPLE
    )
    typer.echo(
        f"DEMO {line}\n\n回音演示已就绪。\n"
        f"  市民的微信：{url}/simulator\n"
        f"  工作台：　　{url}/console/\n"
        f"  登录账号：\n{people}\n"
        f"  数据目录：　{data_dir}\n"
        "  按 Ctrl-C 停止。"
    )
    sys.stdout.flush()


def demo_card(url: str, setting: DemoSetting) -> dict[str, Any]:
    """What a program needs to use the demo."""
    account = setting.account
    return {
        "url": url,
        "api_key": setting.api_key,
        "wechat": {
            "account": account.name,
            "token": account.token,
            "encoding_aes_key": account.encoding_aes_key,
            "app_id": account.app_id,
        },
        "logins": [
            {"role": person.user.role.value, "user": person.user.username, "password": person.password}
            for person in PEOPLE
        ],
    }


def _bind(host: str, port: int) -> socket.socket:
    """Take the port before anything slow starts; listening comes last."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        _give_up(f"{_port_taken(port)}（{host}：{error.strerror}）", 2)
    return listening


def _port_taken(port: int) -> str:
    return f"端口 {port} 用不了，可能被别的程序占着。请换一个，如：make demo PORT={port + 1 if port < 65535 else 8080}"


def _url(host: str, port: int) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _why_not(error: Exception) -> str:
    cause = error if isinstance(error, DataDirectoryInUse) else error.__cause__
    if isinstance(cause, DataDirectoryInUse):
        holder = f"进程 {cause.pid}" if cause.pid else "另一个进程"
        return (
            f"数据目录 {cause.data_dir} 正被{holder}使用，可能演示已在运行。"
            "请先停掉它，或用 HUIYIN_DATA_DIR 换一个目录。"
        )
    return f"数据库启动不了：{error}"


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _give_up(text: str, code: int) -> NoReturn:
    _say(text)
    raise typer.Exit(code)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Told to stop before the service runs: unwind, so that stores under way are stopped."""
    raise SystemExit(0)
