"""Every trained model with its card and its fate, in MongoDB: any process on any machine sees the same.

Which model is live is one document per kind, and its list of switches is its history: a switch and the record of
it are one write. Whether a model is live or retired is read off that history, so the two cannot disagree.
"""

from __future__ import annotations

import contextlib
import hashlib
from datetime import datetime, timedelta

from bson import ObjectId
from gridfs.errors import NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.learning.registered import (
    ArtefactDamaged,
    ArtefactTooLarge,
    ComparedWithAnother,
    GateRefused,
    ModelKind,
    ModelState,
    NewModel,
    NotACandidate,
    NothingToRollBack,
    RegisteredModel,
    Switch,
    SwitchAction,
    UnknownModel,
)
from bot.learning.registry_documents import keyed, model_of, read_switch, switch_document
from classifier.gate import Rule
from routing.mongo_store import AWARE, Collection, Database, Document

__all__ = [
    "CHANNEL",
    "ArtefactDamaged",
    "ArtefactTooLarge",
    "ComparedWithAnother",
    "GateRefused",
    "ModelKind",
    "ModelRegistry",
    "ModelState",
    "NewModel",
    "NotACandidate",
    "NothingToRollBack",
    "RegisteredModel",
    "Switch",
    "SwitchAction",
    "UnknownModel",
    "steps_back",
]

MOST_BYTES = 20 * 1024 * 1024
KEPT = 10
"""So many models of a kind keep their files: the newest, and as many steps back from the live one."""
_UNNAMED_AFTER = timedelta(days=1)
CHANNEL = "huiyin:models"
"""Where a change is announced; those who miss it look by themselves every few seconds."""


class ModelRegistry:
    """Candidates in, one live model per kind out."""

    def __init__(self, database: Database, redis: Redis | None = None) -> None:
        self._models: Collection = database.get_collection("models", codec_options=AWARE)
        self._live: Collection = database.get_collection("live_models", codec_options=AWARE)
        self._files = AsyncIOMotorGridFSBucket(database, bucket_name="model_files")
        self._redis = redis

    async def prepare(self) -> None:
        """Create the indexes; safe to repeat."""
        await self._models.create_indexes(
            [
                IndexModel([("kind", ASCENDING), ("version", ASCENDING)], unique=True),
                IndexModel([("kind", ASCENDING), ("trained_at", DESCENDING)]),
            ]
        )

    async def add(self, model: NewModel) -> RegisteredModel:
        """Keep a candidate. The files come first: a crash in between leaves files nobody names, never a model
        without its file."""
        if len(model.artefact) > MOST_BYTES:
            raise ArtefactTooLarge(f"{len(model.artefact):,} bytes")
        digest = hashlib.sha256(model.artefact).hexdigest()
        files = {
            name: await self._put_file(f"{model.kind.value}-{name}", content)
            for name, content in (
                ("artefact", model.artefact),
                ("said", model.said),
            )
            if content
        }
        document: Document = {
            "kind": model.kind.value,
            "decision": ModelState.CANDIDATE.value,
            "sha256": digest,
            "size": len(model.artefact),
            "files": files,
            "rows": model.rows,
            "labels": list(model.labels),
            "trained_at": model.trained_at,
            "data_since": model.data_since,
            "data_until": model.data_until,
            "card": dict(model.card),
            "figures": keyed(model.figures),
            "comparison": dict(model.comparison) if model.comparison else None,
            "created_by": model.created_by,
        }
        for count in range(1, 1000):
            document["version"] = f"{model.trained_at:%Y.%m.%d}-{count}"
            try:
                await self._models.insert_one(dict(document))
            except DuplicateKeyError:
                continue
            await self.announce()
            return model_of(document, await self._switches(model.kind))
        raise AssertionError("a thousand models in one day")

    async def all(self, kind: ModelKind | None = None, *, limit: int = 50) -> list[RegisteredModel]:
        """The newest first."""
        query = {"kind": kind.value} if kind else {}
        found = await self._models.find(query).sort("trained_at", DESCENDING).limit(limit).to_list(None)
        switches = {each: await self._switches(each) for each in ModelKind}
        return [model_of(document, switches[ModelKind(document["kind"])]) for document in found]

    async def get(self, kind: ModelKind, version: str) -> RegisteredModel:
        """Raises UnknownModel."""
        return model_of(await self._document(kind, version), await self._switches(kind))

    async def live_version(self, kind: ModelKind) -> str | None:
        """None while the model that ships is at work."""
        switches = await self._switches(kind)
        return switches[-1].to_version if switches else None

    async def live_versions(self) -> dict[ModelKind, str | None]:
        """All kinds in one read: what every process asks every few seconds."""
        documents = {d["_id"]: d async for d in self._live.find({}, {"version": 1})}
        return {kind: documents.get(kind.value, {}).get("version") for kind in ModelKind}

    async def history(self, kind: ModelKind) -> list[Switch]:
        """Every switch, the oldest first; nothing ever leaves it."""
        return await self._switches(kind)

    async def load(self, kind: ModelKind, version: str) -> bytes:
        """The model's file, verified; raises UnknownModel or ArtefactDamaged."""
        document = await self._document(kind, version)
        content = await self._file(document, "artefact")
        if hashlib.sha256(content).hexdigest() != document["sha256"]:
            raise ArtefactDamaged(f"{kind.value} {version}: the bytes do not match their SHA-256")
        return content

    async def said(self, kind: ModelKind, version: str) -> bytes:
        """What the model said out of sample; empty for one that kept nothing."""
        return await self._file(await self._document(kind, version), "said", required=False)

    # ---- decisions

    async def approve(
        self,
        kind: ModelKind,
        version: str,
        *,
        who: str,
        why: str,
        now: datetime,
        labels_are_right: bool = False,
    ) -> Switch:
        """The candidate goes live; so does one a person refused or retired before, when a person says so again.

        Raises GateRefused for one the gate did not pass, and ComparedWithAnother for one that was never compared
        with the live model. With ``labels_are_right`` somebody vouches for new labels that contradict earlier ones
        (a reorganisation); that a class got worse nobody can vouch away.
        """
        model = await self.get(kind, version)
        if not (await self._document(kind, version))["files"]:
            raise ArtefactDamaged(f"{version}: its file is no longer kept")
        _refuse_if_no_successor(model, await self.live_version(kind))
        failed = {refusal["rule"] for refusal in (model.comparison or {}).get("refusals", ())}
        if failed - ({Rule.LABELS_CONTRADICT.value} if labels_are_right else set()):
            raise GateRefused("、".join(sorted(failed)))
        await self._decide(kind, version, ModelState.APPROVED, who=who, why=why, now=now)
        return await self._switch(kind, version, SwitchAction.PROMOTED, who=who, why=why, now=now)

    async def refuse(
        self, kind: ModelKind, version: str, *, who: str, why: str, now: datetime
    ) -> RegisteredModel:
        """The candidate stays in the list and never goes live by itself."""
        model = await self.get(kind, version)
        if model.state is not ModelState.CANDIDATE:
            raise NotACandidate(version)
        await self._decide(kind, version, ModelState.REFUSED, who=who, why=why, now=now)
        await self.announce()
        return await self.get(kind, version)

    async def roll_back(self, kind: ModelKind, *, who: str, why: str, now: datetime) -> Switch:
        """The model that was live before the present one is again; once more goes one further back."""
        stack = steps_back(await self._switches(kind))
        if len(stack) < 2 or (stack[-2] and not (await self._document(kind, stack[-2]))["files"]):
            raise NothingToRollBack(kind.value)
        return await self._switch(kind, stack[-2], SwitchAction.ROLLED_BACK, who=who, why=why, now=now)

    async def forget_files(self, kind: ModelKind, *, now: datetime, kept: int = KEPT) -> int:
        """Delete the files of models nobody will go back to, and what a crash left unnamed; returns how many
        models lost theirs. Cards, figures and the history of switches stay for good."""
        steps = steps_back(await self._switches(kind))[-kept:]
        newest = (
            self._models.find({"kind": kind.value}, {"version": 1}).sort("trained_at", DESCENDING).limit(kept)
        )
        wanted = [*steps, *[document["version"] async for document in newest]]
        forgotten = 0
        async for document in self._models.find(
            {"kind": kind.value, "files": {"$ne": {}}, "version": {"$nin": wanted}}
        ):
            for stored in document["files"].values():
                await self._delete_file(stored)
            await self._models.update_one({"_id": document["_id"]}, {"$set": {"files": {}}})
            forgotten += 1
        named = {
            stored async for each in self._models.find({}, {"files": 1}) for stored in each["files"].values()
        }
        async for file in self._files.find({"uploadDate": {"$lt": now - _UNNAMED_AFTER}}):
            if file._id not in named:
                await self._delete_file(file._id)
        return forgotten

    async def announce(self) -> None:
        """Tell every process to look; losing this only costs them a few seconds."""
        if self._redis is not None:
            try:
                await self._redis.publish(CHANNEL, b"changed")
            except RedisError:
                return

    # ---- inside

    async def _switch(
        self,
        kind: ModelKind,
        version: str | None,
        action: SwitchAction,
        *,
        who: str,
        why: str,
        now: datetime,
    ) -> Switch:
        while True:
            switches = await self._switches(kind)
            switch = Switch(
                seq=len(switches) + 1,
                at=now,
                action=action,
                from_version=switches[-1].to_version if switches else None,
                to_version=version,
                who=who,
                why=why,
            )
            if action is SwitchAction.PROMOTED:  # somebody else may have promoted one since
                _refuse_if_no_successor(await self.get(kind, switch.to_version or ""), switch.from_version)
            if action is SwitchAction.ROLLED_BACK and steps_back(switches)[-2:-1] != [version]:
                raise NothingToRollBack(kind.value)  # somebody else rolled back first
            try:
                # Two that switch at once: the second reads anew, so that the history is one line.
                done = await self._live.find_one_and_update(
                    {"_id": kind.value, "seq": switch.seq - 1},
                    {
                        "$set": {"version": version, "seq": switch.seq},
                        "$push": {"switches": {**switch_document(switch)}},
                    },
                    upsert=switch.seq == 1,
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError:
                continue
            if done is not None:
                await self.announce()
                return switch

    async def _switches(self, kind: ModelKind) -> list[Switch]:
        document = await self._live.find_one({"_id": kind.value})
        return [read_switch(each) for each in document["switches"]] if document else []

    async def _document(self, kind: ModelKind, version: str) -> Document:
        document = await self._models.find_one({"kind": kind.value, "version": version})
        if document is None:
            raise UnknownModel(f"{kind.value} {version}")
        return document

    async def _decide(
        self, kind: ModelKind, version: str, state: ModelState, *, who: str, why: str, now: datetime
    ) -> None:
        decided = {"decision": state.value, "decided_by": who, "decided_at": now, "why": why}
        await self._models.update_one({"kind": kind.value, "version": version}, {"$set": decided})

    async def _put_file(self, name: str, content: bytes) -> ObjectId:
        stored: ObjectId = await self._files.upload_from_stream(name, content)
        return stored

    async def _delete_file(self, stored: ObjectId) -> None:
        with contextlib.suppress(NoFile):  # deleted before a crash, or by another worker
            await self._files.delete(stored)

    async def _file(self, document: Document, name: str, *, required: bool = True) -> bytes:
        stored = document.get("files", {}).get(name)
        if stored is None:
            if required:
                raise ArtefactDamaged(f"{document['version']}: it has no file")
            return b""
        try:
            stream = await self._files.open_download_stream(stored)
            content: bytes = await stream.read()
        except PyMongoError as error:
            if required:
                raise ArtefactDamaged(f"{document['version']}: {type(error).__name__}") from error
            return b""
        return content


def _refuse_if_no_successor(model: RegisteredModel, live: str | None) -> None:
    """A model that was at work before needs no comparison: a person brings back what they know."""
    if model.state is ModelState.LIVE or model.version == live:
        raise NotACandidate(model.version)
    compared = model.comparison or {}
    if model.state is not ModelState.RETIRED and compared.get("live", live) != live:
        raise ComparedWithAnother(model.version)


def steps_back(switches: list[Switch]) -> list[str | None]:
    """The versions one could step back through, the live one last."""
    stack: list[str | None] = [None]
    for switch in switches:
        if switch.action is SwitchAction.ROLLED_BACK:
            stack.pop()
        else:
            stack.append(switch.to_version)
    return stack
