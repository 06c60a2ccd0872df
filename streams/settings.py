"""Where and how this process runs.  What is sold, and how, stands in the market files.

Every setting and every secret is an environment variable ``TTS_…`` or a line of ``.env``; secrets are read by
``secrets``.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from streams.secrets import read_secret
from streams.setting_names import unknown_names, wrong_names
from streams.web_address import checked_address, without_user

_WITH_JSON = ("TTS_TOPIC_NAMES", "TTS_TIKTOK_VERSIONS")
_ENV_FILE = ".env"
_LEGAL = "a-zA-Z0-9._-"
"""Characters Kafka takes in names of topics and of static members."""
_SECRETS_BESIDE = {
    "kafka_token_url": "TTS_KAFKA_USERNAME and the secret KAFKA_PASSWORD",
    "registry_url": "TTS_REGISTRY_USER and the secret REGISTRY_PASSWORD",
    "tiktok_api_url": "TTS_TIKTOK_APP_KEY and the secret TIKTOK_APP_SECRET",
    "tiktok_auth_url": "TTS_TIKTOK_APP_KEY and the secret TIKTOK_APP_SECRET",
    "commercetools_api_url": "TTS_COMMERCETOOLS_CLIENT_ID and the secret COMMERCETOOLS_CLIENT_SECRET",
    "commercetools_auth_url": "TTS_COMMERCETOOLS_CLIENT_ID and the secret COMMERCETOOLS_CLIENT_SECRET",
}
"""Addresses, and where the user and the password belong that somebody may put into them."""


def _host_name() -> str:
    """As Kafka takes it."""
    return re.sub(f"[^{_LEGAL}]", "-", socket.gethostname()) or "worker"


class SettingsProblem(ValueError):
    """A setting is wrong: names it, its value and the remedy."""


class Settings(BaseSettings):
    """Read once, at start."""

    model_config = SettingsConfigDict(
        env_prefix="TTS_", env_file=_ENV_FILE, extra="ignore", frozen=True, allow_inf_nan=False
    )

    kafka_bootstrap: str = "localhost:9092"
    """host:port, comma separated."""
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How the brokers are spoken to: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
    kafka_ca: Path | None = None
    """PEM of the authority that signed the brokers; None: the system's."""
    kafka_certificate: Path | None = None
    """PEM of our certificate, for mutual TLS."""
    kafka_key: Path | None = None
    """PEM of its key; its password is the secret KAFKA_KEY_PASSWORD."""
    kafka_sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    """With SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER."""
    kafka_username: str | None = None
    """User of PLAIN and SCRAM, client id of OAUTHBEARER; its password is the secret KAFKA_PASSWORD."""
    kafka_token_url: str | None = None
    """Token endpoint of OAUTHBEARER (client credentials)."""
    kafka_scope: str | None = None
    """Scope asked for with OAUTHBEARER."""

    topic_prefix: str = Field(default="tts.", pattern=f"^[{_LEGAL}]*$", max_length=200)
    """Put before every short topic name."""
    topic_names: dict[str, str] = Field(default_factory=dict)
    """Short name to full name, for topics that must be called otherwise."""
    group_prefix: str = "tts-"
    """Put before the worker group's name: the consumer group."""
    transactional_prefix: str = "tts-"
    """Put before group and partition: the transactional ids."""
    sku_partitions: int = Field(default=8, ge=1, le=1024)
    """Partitions of the topics routed by SKU."""
    market_partitions: int = Field(default=4, ge=1, le=1024)
    """Partitions of the topics routed by market."""
    result_format: Literal["avro", "json"] = "avro"
    """Format of results, retries and jobs."""
    registry_url: str | None = None
    """Schema Registry, one address or several, comma separated; None: single-object encoding."""
    registry_user: str | None = None
    """User (or API key) of the registry; its password is the secret REGISTRY_PASSWORD."""
    registry_ca: Path | None = None
    """PEM of the authority that signed the registry; None: the system's."""
    registry_certificate: Path | None = None
    """PEM of our certificate, for mutual TLS with the registry."""
    registry_key: Path | None = None
    """PEM of its key."""

    markets_dir: Path = Path("markets")
    """Folder of the market files, one TOML per market."""
    adapters_dir: Path | None = None
    """Folder of the adapters, one TOML per adapter; None: no foreign topic is read."""
    state_dir: Path = Path("var/state")
    """Local copies of the state; each worker process needs its own."""
    worker_id: str = Field(default_factory=_host_name, pattern=f"^[{_LEGAL}]+$", max_length=200)
    """Names this worker in its group; stable over restarts, unique in the group."""
    health_host: str = "127.0.0.1"
    """Address of /live, /ready, /metrics.  They ask nobody who they are."""
    health_port: int = Field(default=0, ge=0, le=65535)
    """Port of /live, /ready, /metrics; 0: none."""
    session_timeout_s: float = Field(default=10.0, ge=6.0, le=300.0)
    """A killed worker's partitions move after this."""
    pacing_ms: int = Field(default=25, ge=0, le=1000)
    """Pause after a small step; freshness against CPU."""
    batch_records: int = Field(default=8000, ge=1, le=100_000)
    """Most records of one step; large batches are the speed under backlog."""
    cache_rows: int = Field(default=25_000, ge=100)
    """Rows kept in memory per flow and partition, packed, about 300 bytes each of a SKU."""
    job_seconds: float = Field(default=60.0, ge=1.0, le=3600.0)
    """Span of the counts published on sync-jobs, seconds."""
    sweep_hours: float = Field(default=24.0, ge=0, le=100_000)
    """Hours between scheduled passes over all rows; 0: none."""

    tiktok_api_url: str = "https://open-api.tiktokglobalshop.com"
    """Host of all operations; the sandbox's address to try without a shop."""
    tiktok_auth_url: str = "https://auth.tiktok-shops.com"
    """Host of the token calls."""
    tiktok_app_key: str | None = None
    """Key of your app in Partner Center; its secret is the secret TIKTOK_APP_SECRET."""
    tiktok_versions: dict[str, str] = Field(default_factory=dict)
    """Operation to API version, six digits, where it is to differ from ours: {"update_inventory": "202309"}."""
    call_deadline_ms: int = Field(default=3000, ge=100, le=8000)
    """Hard limit of one call; below the session time-out."""
    calls_start: float = Field(default=1.0, gt=0)
    """Calls per second an unknown operation of a shop begins with; TikTok Shop's limits cannot be asked for."""
    calls_floor: float = Field(default=0.2, gt=0)
    """Calls per second it is never slowed below."""
    calls_ceiling: float = Field(default=50.0, gt=0)
    """Calls per second it is never raised above."""

    commercetools_project: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9_-]+$")
    """Key of the commercetools project; None: stock is not read from commercetools."""
    commercetools_region: str = Field(default="europe-west1.gcp", pattern=r"^[a-z0-9.-]+$")
    """Region of the project, which names its hosts."""
    commercetools_api_url: str | None = None
    """API host, where it is not the region's: a proxy, or the sandbox's address and /commercetools/api."""
    commercetools_auth_url: str | None = None
    """Auth host, likewise; of the sandbox /commercetools/auth."""
    commercetools_client_id: str | None = None
    """API client of the workers; its secret is the secret COMMERCETOOLS_CLIENT_SECRET."""
    commercetools_setup_client_id: str | None = None
    """API client of `streams setup subscription`, with the scope manage_subscriptions; its secret is the secret
    COMMERCETOOLS_SETUP_CLIENT_SECRET.  None: the workers' client."""
    commercetools_scopes: str = "view_products view_orders"
    """Scopes asked for, without the project, separated by spaces: the least that is needed.  Empty: all the client
    has."""
    commercetools_concurrency: int = Field(default=4, ge=1, le=32)
    """Requests under way at once, per worker; commercetools names no limit, and asks not to be rushed."""
    commercetools_skus_per_request: int = Field(default=500, ge=1, le=500)
    """Most SKUs read by one request; fewer where their entries fill more pages than come in time."""
    commercetools_url_bytes: int = Field(default=8000, ge=1000, le=64_000)
    """Longest address of a request: gateways refuse longer ones, and long SKUs fill it first."""
    commercetools_linger_ms: int = Field(default=25, ge=0, le=1000)
    """How long a reading waits for others to share its request."""
    commercetools_deadline_ms: int = Field(default=10_000, ge=500, le=60_000)
    """Hard limit of one reading with all its pages and repetitions."""
    commercetools_settle_seconds: float = Field(default=12.0, ge=0, le=600)
    """Stock is read so long after an order's event: commercetools shows what orders do up to 10 s later."""
    commercetools_sweep_hours: float = Field(default=24.0, ge=0, le=100_000)
    """Hours between passes over all inventory entries, which find what notifications lost; 0: only on demand."""
    commercetools_subscription_id: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9-]+$")
    """Id of the Subscription whose health is watched, as `streams setup subscription --create` prints it; None: nobody
    watches, and `intake` warns of it."""
    commercetools_health_seconds: float = Field(default=60.0, ge=1, le=86_400)
    """Between two questions for its health."""
    webhook_host: str = "127.0.0.1"
    """Address the worker webhooks listens on; terminate TLS before it."""
    webhook_port: int = Field(default=8090, ge=0, le=65535)
    """Port for TikTok Shop's calls; any path is taken."""
    log_format: Literal["json", "text"] = "json"
    """json: one object per line; text: for people."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least level that is logged; libraries are heard from WARNING on."""

    @field_validator("kafka_bootstrap")
    @classmethod
    def _addresses(cls, value: str) -> str:
        if "@" in value:
            raise ValueError(
                "user and password do not belong here: use TTS_KAFKA_USERNAME and the secret KAFKA_PASSWORD"
            )
        for address in value.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"{address.strip()!r} is not host:port")
        return value

    @field_validator(*_SECRETS_BESIDE)
    @classmethod
    def _web_addresses(cls, value: str | None, field: ValidationInfo) -> str | None:
        name = str(field.field_name)
        if not value and cls.model_fields[name].default is None:
            return None
        for address in str(value).split(",") if name == "registry_url" else [str(value)]:
            checked_address(address.strip(), _SECRETS_BESIDE[name])
        return value

    @field_validator("topic_names")
    @classmethod
    def _legal_names(cls, value: dict[str, str]) -> dict[str, str]:
        for short, full in value.items():
            if not re.fullmatch(f"[{_LEGAL}]{{1,249}}", full):
                raise ValueError(f"{full!r} for {short} is no name Kafka takes: up to 249 of {_LEGAL}")
        return value

    @field_validator("state_dir", "markets_dir", "adapters_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.absolute()

    @model_validator(mode="after")
    def _calls_end_in_time(self) -> Self:
        if self.call_deadline_ms >= self.session_timeout_s * 1000:
            call, session = self.call_deadline_ms, self.session_timeout_s
            raise ValueError(
                f"TTS_CALL_DEADLINE_MS={call}: not below TTS_SESSION_TIMEOUT_S={session:.0f}: raise that, or lower this"
            )
        return self

    @model_validator(mode="after")
    def _calls_begin_between(self) -> Self:
        if not self.calls_floor <= self.calls_start <= self.calls_ceiling:
            raise ValueError(
                f"TTS_CALLS_FLOOR={self.calls_floor:g}, TTS_CALLS_START={self.calls_start:g}, TTS_CALLS_CEILING="
                f"{self.calls_ceiling:g}: not in this order: let the start be between the two"
            )
        return self

    @property
    def bootstrap(self) -> tuple[str, ...]:
        return tuple(address.strip() for address in self.kafka_bootstrap.split(","))

    def secret(self, name: str, environment: Mapping[str, str] | None = None) -> SecretStr | None:
        """A secret by its name, such as APP_SECRET."""
        return read_secret(name, surroundings() if environment is None else environment)


def surroundings() -> dict[str, str]:
    """The environment, and behind it the lines of ``.env``: where settings and secrets come from."""
    lines = {name.upper(): value for name, value in dotenv_values(_ENV_FILE).items() if value is not None}
    return {**lines, **os.environ}


def load_settings() -> Settings:
    """Settings from the environment; SettingsProblem names every wrong one, and every name that is none of ours."""
    try:
        given = [*os.environ, *(name.upper() for name in dotenv_values(_ENV_FILE))]
        wrong = wrong_names(unknown_names(given, {name.upper() for name in Settings.model_fields}))
        found = Settings()
    except ValidationError as problem:
        wrong += [_told(dict(error)) for error in problem.errors(include_url=False)]
    except SettingsError:
        values = surroundings()
        names = ", ".join(f"{name}={values[name]!r}" for name in _WITH_JSON if name in values) or " or ".join(
            _WITH_JSON
        )
        wrong.append(f'{names}: not a JSON object such as {{"stock-changes": "erp.stock"}}')
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no UTF-8 text"
        raise SettingsProblem(f"{_ENV_FILE} cannot be read: {reason}. Remedy: correct or remove it") from None
    if wrong:
        raise SettingsProblem("wrong settings: " + "; ".join(wrong) + ". See docs/settings.md")
    return found


def _told(error: Mapping[str, Any]) -> str:
    """One finding: the setting, its value, what it may be."""
    reason = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return reason
    name = "TTS_" + "_".join(str(part) for part in error["loc"]).upper()
    return f"{name}={without_user(error.get('input'))!r}: {reason}"
