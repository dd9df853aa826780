"""``huiyin ask``: the answer a citizen would get, from the installation's own library or the demo's."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, Any

import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from bot.knowledge.danger import danger_card
from bot.knowledge.pages import public_page
from bot.knowledge.regions import home_regions, regions_at
from bot.settings import Settings, SettingsInvalid
from bot.talk import phrases
from knowledge_base.answering.answer import Answerer
from knowledge_base.answering.outcome import Answer, Choice, Outcome, Refusal, RefusalReason
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.library import load_demo_articles
from routing.mongo_store import Document
from routing.places.gazetteer import Gazetteer
from routing.reference_store import MongoReferenceStore
from routing.reference_tables import demo_reference
from routing.timing.working_calendar import CHINA


@dataclass(frozen=True, slots=True)
class _Library:
    """What is asked: the answerer, and the table that tells which places lie above which."""

    answerer: Answerer
    gazetteer: Gazetteer


def ask(
    question: Annotated[str, typer.Argument(help="问题，如“社保卡丢了怎么补办”。")],
    about: Annotated[str | None, typer.Option(help="上一次答复的文章编号，用于“那多少钱？”。")] = None,
    entry: Annotated[str | None, typer.Option(help="就按这一条来答（几件事里选了哪一件）。")] = None,
    region: Annotated[str, typer.Option(help="提问人所在地，如 云川市/清和县。默认本地。")] = "",
    on: Annotated[str, typer.Option(help="按哪一天答复，如 2026-11-23。默认今天。")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Answer from the library in MongoDB where HUIYIN_MONGO_URL names one, else from the demo's; exit 2 on a bad date,
    an empty question or a library that cannot be reached. A refusal is an outcome, not an error."""
    question = question.strip()
    if not question:
        typer.echo("请写一个问题，例如：huiyin ask 社保卡丢了怎么补办", err=True)
        raise typer.Exit(2)
    try:
        day = date.fromisoformat(on) if on else datetime.now(CHINA).date()
    except ValueError:
        raise typer.BadParameter(f"不是日期：{on}", param_hint="--on") from None
    try:
        settings = Settings.from_environment()
        library = asyncio.run(_own(settings, day)) if settings.mongo_url else _demo(settings)
    except SettingsInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except PyMongoError as error:
        # Its own words may hold the server's address with its password.
        typer.echo(f"数据库不可用（{type(error).__name__}）。", err=True)
        raise typer.Exit(2) from None
    regions = (
        regions_at(region, library.gazetteer) if region else home_regions(settings.region, library.gazetteer)
    )
    if entry:
        outcome: Outcome = library.answerer.answer_from(entry, question, on=day, regions=regions)
    else:
        outcome = library.answerer.answer(question, on=day, about=about, regions=regions)
    card = danger_card(question, outcome)
    if as_json:
        said = {**_record(outcome), **({"danger": card} if card else {})}
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        typer.echo("\n".join(filter(None, (card, _readable(outcome, settings.public_url)))))


def _demo(settings: Settings) -> _Library:
    answerer = Answerer(load_demo_articles(), precision=settings.answer_precision)
    return _Library(answerer, demo_reference().gazetteer)


async def _own(settings: Settings, day: date) -> _Library:
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    try:
        database = client[settings.database]
        articles = await MongoArticleStore(database).all_published(on=day)
        tables = await MongoReferenceStore(database).load() or demo_reference()
    finally:
        client.close()
    return _Library(Answerer(articles, precision=settings.answer_precision), tables.gazetteer)


def _record(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON-able data; ``answered`` tells an answer from all else."""
    record = asdict(outcome)
    if isinstance(outcome, Answer):
        for day in ("published_on", "effective_on"):
            record["citation"][day] = record["citation"][day].isoformat()
        record["confidence"] = round(outcome.confidence, 4)
    if isinstance(outcome, Choice):
        record = {"choices": record["options"]}
    return {"answered": isinstance(outcome, Answer), **record}


def _readable(outcome: Outcome, public_url: str) -> str:
    match outcome:
        case Answer():
            page = public_page(public_url, outcome.article_id)
            return phrases.answer(outcome) + (f"\n详情：{page}" if page else "")
        case Choice(options):
            lines = [phrases.SEVERAL_MATTERS]
            near = options
        case Refusal(nearest, reason):
            lines = [phrases.refused(outcome)]
            near = () if reason is RefusalReason.SENSITIVE else nearest  # neither quoted nor hinted at
    return "\n".join([*lines, *(f"{at}. {one.question}" for at, one in enumerate(near, start=1))])
