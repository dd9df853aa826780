"""``huiyin duplicates``: the open and recent tickets that may be the same matter as a text, and why."""

from __future__ import annotations

import asyncio
import json
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from bot.settings import Settings, SettingsInvalid
from bot.similar_words import VERDICTS, why_similar
from bot.wording import label
from routing.citizen_request import Citizen
from routing.departments import Units
from routing.identity import Vault
from routing.mongo_store import Document
from routing.reference_store import MongoReferenceStore
from routing.reference_tables import demo_reference
from routing.resemblance.duplicate_store import Asked, DuplicateFeed
from routing.resemblance.duplicates import Candidate
from routing.workflow import SYSTEM


def register(app: typer.Typer) -> None:
    app.command("duplicates", help="查找可能与一段诉求是同一件事的在办和近期工单，并说明理由。")(duplicates)


def duplicates(
    text: Annotated[str, typer.Argument(help="诉求内容，如“华庭小区东侧工地半夜施工”。")],
    title: Annotated[str, typer.Option(help="标题。")] = "",
    place: Annotated[str, typer.Option(help="地点，如 华庭小区。")] = "",
    phone: Annotated[str, typer.Option(help="来电号码；只用来比对，不保存。")] = "",
    limit: Annotated[int, typer.Option(min=1, max=20, help="最多列出几件。")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Reads the tickets in MongoDB, so the first answer of a large installation takes some seconds; exit 2 where it
    cannot be reached."""
    asked = Asked(
        text=f"{title}\n{text}",
        at=datetime.now(UTC),
        place=place or None,
        citizen=Citizen(phone=phone or None),
    )
    try:
        settings = Settings.from_environment()
        if not settings.mongo_url:
            _stop("请用 HUIYIN_MONGO_URL 指明数据库。")
        if phone and not settings.secret_key.get_secret_value():
            _stop("比对来电号码要用系统的密钥，请设置 HUIYIN_SECRET_KEY，或不填号码。")
        found, units = asyncio.run(_find(settings, asked, limit))
    except SettingsInvalid as error:
        _stop(str(error))
    except PyMongoError as error:
        # Its own words may hold the server's address with its password.
        _stop(f"数据库不可用（{type(error).__name__}）。")
    if as_json:
        records = [_record(each, units) for each in found]
        typer.echo(json.dumps({"candidates": records}, ensure_ascii=False))
        return
    typer.echo("\n\n".join(_readable(each, units) for each in found) or "没有相似的在办或近期工单。")


async def _find(settings: Settings, asked: Asked, limit: int) -> tuple[tuple[Candidate, ...], Units]:
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    try:
        database = client[settings.database]
        tables = await MongoReferenceStore(database).load() or demo_reference()
        if asked.citizen and asked.citizen.phone:
            vault = Vault(settings.key_bytes(), previous=settings.previous_key_bytes())
        else:
            # The key only finds the same caller again; with nobody to find any key will do.
            vault = Vault(secrets.token_bytes(32))
        feed = DuplicateFeed(database, vault=vault, gazetteer=lambda: tables.gazetteer)
        await feed.refresh(asked.at)
        return await feed.find(asked, reader=SYSTEM, now=asked.at, limit=limit), tables.units
    finally:
        client.close()


def _record(found: Candidate, units: Units) -> dict[str, Any]:
    return {
        "number": found.number,
        "verdict": found.verdict.value,
        "chance": round(found.chance, 3),
        "because": why_similar(found, units),
        "state": found.state.value,
        "department": found.unit_id,
        "days": round(found.days, 2),
        "title": found.title,
        "text": found.text,
    }


def _readable(found: Candidate, units: Units) -> str:
    lines = [
        f"{found.number}  {VERDICTS[found.verdict]}（{found.chance:.0%}）  {label(found.state)}",
        f"  {found.title or found.text}",
        *(f"  · {reason}" for reason in why_similar(found, units)),
    ]
    return "\n".join(lines)


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
