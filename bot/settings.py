"""The only place that reads the environment. ``docs/settings.md`` is generated from these descriptions."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

PREFIX = "HUIYIN_"


class ModelApproval(StrEnum):
    """Who lets a new model go live."""

    PERSON = "person"
    AUTOMATIC = "automatic"


class SettingsInvalid(Exception):
    """A setting is missing or malformed; the message names the variable and what to do."""


class Settings(BaseModel):
    """Every ``HUIYIN_*`` variable, typed. Field ``mongo_url`` is read from ``HUIYIN_MONGO_URL`` and so on."""

    model_config = ConfigDict(frozen=True)

    mongo_url: str = Field(
        "", description="MongoDB connection string. Empty: `huiyin demo` starts an embedded server."
    )
    redis_url: str = Field(
        "", description="Redis or Valkey URL. Empty: `huiyin demo` starts an embedded server."
    )
    database: str = Field("huiyin", description="Name of the MongoDB database.")
    data_dir: Path = Field(
        Path(".huiyin"), description="Where embedded stores, the generated secret key and logs live."
    )
    wechat_accounts: Path | None = Field(
        None,
        description="TOML file of WeChat accounts: per account `title`, `app_id`, `secret`, `token`, "
        "`encoding_aes_key`, `previous_aes_key`, `mode`, `region`.",
    )
    wechat_api_base: str = Field(
        "https://api.weixin.qq.com",
        description="Base address of the WeChat API; tests and the demo point it at a simulator.",
    )
    wechat_open_base: str = Field(
        "",
        description="Where browsers are sent for web authorisation (网页授权). Empty: `https://open.weixin.qq.com`, or "
        "`HUIYIN_WECHAT_API_BASE` where that is not WeChat's own.",
    )
    wechat_tolerance_s: int = Field(
        300,
        ge=30,
        le=3600,
        description="Seconds by which a push of WeChat's may be older or newer than this server's clock.",
    )
    model: Path | None = Field(
        None,
        description="Classifier artefact until a model of the registry is live. Empty: the starter model that ships.",
    )
    model_approval: ModelApproval = Field(
        ModelApproval.PERSON,
        description="Who lets a trained model go live once the gate has passed it: `person` "
        "(`huiyin model approve`) or `automatic`. After a roll-back a person decides in either case.",
    )
    model_train_hour: int = Field(
        3,
        ge=-1,
        le=23,
        description="Hour of the day in China at which `huiyin work` trains new models; -1 never.",
    )
    model_data_weeks: int = Field(104, ge=4, description="How far back tickets are learned from, in weeks.")
    model_test_weeks: int = Field(
        8, ge=1, description="The newest weeks on which a new model is compared with the live one."
    )
    model_least_new: int = Field(
        50,
        ge=1,
        description="Fewer tickets newly decided by people since the live model was trained: no training.",
    )
    model_target_precision: float = Field(
        0.95,
        gt=0.5,
        lt=1,
        description="Share of automatic dispatches that must be right. Certainly below it, the machine stops "
        "dispatching until it has recovered.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="At least 32 characters; seals identities and signs sessions. Empty: `huiyin demo` "
        "generates one into the data directory; other commands refuse to start.",
    )
    previous_secret_key: SecretStr = Field(
        SecretStr(""), description="The key before the last rotation; still opens what it sealed."
    )
    profile: str = Field(
        "demo-county", description="Service-level profile: `demo-county`, `beijing-tier` or `shandong-5+10`."
    )
    host: str = Field("127.0.0.1", description="Address the web service listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port the web service listens on.")
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks (CIDR) of the proxies in front of the service, with commas: "
        "`127.0.0.1, 172.16.0.0/12`. Only from them is `X-Forwarded-For` believed, when requests are counted by client. "
        "Empty: none, and the peer itself is the client.",
    )
    public_url: str = Field(
        "",
        description="The service's address as its users see it; makes session cookies Secure when https, and "
        "gives WeChat answers a 详情 link to the public page.",
    )
    region: str = Field(
        "",
        description="The place whose rules are answered, with all above it: `云州市/清和县`. Entries of other places are "
        "never quoted. Empty: the home of the table of places. An account may have its own `region`.",
    )
    answer_precision: float = Field(
        0.95,
        gt=0.5,
        lt=1,
        description="Share of given answers that shall be right: the higher, the more is refused rather than guessed.",
    )
    gap_askers: int = Field(
        3,
        ge=1,
        description="So many different citizens must have missed the same answer before it becomes a task of the "
        "owning unit.",
    )
    gap_days: int = Field(
        5, ge=1, le=60, description="Working days a unit has for a task of the knowledge base."
    )
    sms_url: str = Field(
        "",
        description="Address of the SMS gateway (docs/delivery.md says what it is sent). Empty: no text messages.",
    )
    sms_secret: SecretStr = Field(
        SecretStr(""), description="Signs what the gateway is sent; at least 16 characters."
    )
    sms_sign: str = Field(
        "", description="The sign (签名) registered for the text messages, without brackets: `清和县12345`."
    )
    sms_hours: str = Field(
        "08:00-21:00",
        description="When text messages go out, in China's time; outside they wait for the morning. Receipts and what is "
        "urgent go at any hour. Empty: all of them do.",
    )
    hotline_callback_url: str = Field(
        "",
        description="Where the hotline platform hears what becomes of the tickets its program filed: status and replies, "
        "signed and repeated until they are taken (docs/callbacks.md). Empty: it is not called.",
    )
    hotline_callback_secret: SecretStr = Field(
        SecretStr(""), description="Signs what the platform is sent; at least 16 characters."
    )
    notice_days: int = Field(
        7,
        ge=1,
        le=60,
        description="Days a notice waits for a citizen who cannot be reached; then it expires, and whoever must hear of "
        "it is rung.",
    )
    stale_days: int = Field(
        365, ge=30, description="Days after which an entry in force must be looked at again."
    )

    @field_validator("sms_hours")
    @classmethod
    def _are_hours(cls, said: str) -> str:
        day_hours(said)
        return said

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, said: str) -> str:
        networks(said)
        return said

    @staticmethod
    def database_is_named() -> bool:
        """Whether the environment names a MongoDB: for commands that are as good without an installation."""
        return bool(os.environ.get(f"{PREFIX}MONGO_URL"))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, /, **overrides: object) -> Settings:
        """Read ``HUIYIN_*``; ``overrides`` (from the command line) win. Raises ``SettingsInvalid``."""
        environ = os.environ if environ is None else environ
        values: dict[str, object] = {
            name: environ[PREFIX + name.upper()]
            for name in cls.model_fields
            if environ.get(PREFIX + name.upper())
        }
        values.update({k: v for k, v in overrides.items() if v is not None})
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = "; ".join(f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise SettingsInvalid(problems) from None

    def key_bytes(self) -> bytes:
        """The secret key; raises ``SettingsInvalid`` when it is missing or too short."""
        key = self.secret_key.get_secret_value().encode()
        if len(key) < 32:
            raise SettingsInvalid(
                f"{PREFIX}SECRET_KEY needs at least 32 characters; "
                'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return key

    def previous_key_bytes(self) -> tuple[bytes, ...]:
        key = self.previous_secret_key.get_secret_value().encode()
        return (key,) if key else ()


def day_hours(said: str) -> tuple[time, time] | None:
    """``08:00-21:00`` as two times of one day, None for empty; raises ValueError for anything else."""
    if not said.strip():
        return None
    begin, _, end = said.partition("-")
    hours = time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
    if hours[0] >= hours[1]:
        raise ValueError("the day must begin before it ends")
    return hours


Networks = tuple[IPv4Network | IPv6Network, ...]


def networks(said: str) -> Networks:
    """Addresses and networks, with commas or blanks between them; raises ValueError naming what is neither."""
    found = []
    for one in said.replace(",", " ").split():
        try:
            found.append(ip_network(one, strict=False))
        except ValueError:
            raise ValueError(f"neither an address nor a network: {one}") from None
    return tuple(found)


def generated_secret_key(data_dir: Path) -> SecretStr:
    """The demo's key, made once and kept beside its data with owner-only rights."""
    path = data_dir / "secret.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a key cut short by a crash would lock away what it sealed.
        descriptor, draft = tempfile.mkstemp(dir=data_dir, prefix=".secret-")
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        Path(draft).rename(path)
    return SecretStr(path.read_text().strip())


def settings_table() -> str:
    """``docs/settings.md`` as Markdown; a test holds the file to it."""
    lines = [
        "# Settings",
        "",
        "Read from the environment by `bot/settings.py` and nowhere else.",
        "",
        "| Variable | Default | Meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = f"`{default}`" if default not in ("", None) else "—"
        lines.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"
