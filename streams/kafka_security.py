"""One TLS and SASL block for both Kafka clients: librdkafka and, under Faust, aiokafka."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from typing import Any, cast

import httpx
from aiokafka.abc import AbstractTokenProvider
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from streams.secrets import required
from streams.settings import Settings, SettingsProblem

log = logging.getLogger("streams.kafka")
"""What the Kafka library has to say; by itself it would print lines that are no JSON."""

Token = tuple[str, float]
"""token, Unix time of its end"""


def librdkafka_config(settings: Settings) -> dict[str, Any]:
    """Connection settings of confluent-kafka clients."""
    _check_files(settings)
    config: dict[str, Any] = {
        "bootstrap.servers": ",".join(settings.bootstrap),
        "security.protocol": settings.kafka_security,
        "client.id": f"tts-{settings.worker_id}",
        "logger": log,
    }
    if settings.kafka_security in ("SSL", "SASL_SSL"):
        if settings.kafka_ca is not None:
            config["ssl.ca.location"] = str(settings.kafka_ca)
        if settings.kafka_certificate is not None:
            config["ssl.certificate.location"] = str(settings.kafka_certificate)
        if settings.kafka_key is not None:
            config["ssl.key.location"] = str(settings.kafka_key)
            password = settings.secret("KAFKA_KEY_PASSWORD")
            if password is not None:
                config["ssl.key.password"] = password.get_secret_value()
    if settings.kafka_security.startswith("SASL"):
        config["sasl.mechanism"] = _mechanism(settings)
        if settings.kafka_sasl == "OAUTHBEARER":
            fetch = token_source(settings)
            config["oauth_cb"] = lambda _: fetch()
        else:
            config["sasl.username"] = _username(settings)
            config["sasl.password"] = _password(settings)
    return config


def faust_credentials(settings: Settings) -> CredentialsT | None:
    """The same block for Faust's aiokafka driver."""
    _check_files(settings)
    context = _ssl_context(settings) if settings.kafka_security in ("SSL", "SASL_SSL") else None
    if settings.kafka_security == "PLAINTEXT":
        return None
    if settings.kafka_security == "SSL":
        return cast(CredentialsT, SSLCredentials(context=context))
    if settings.kafka_sasl == "OAUTHBEARER":
        return cast(
            CredentialsT, OAuthCredentials(oauth_cb=_TokenProvider(token_source(settings)), ssl_context=context)
        )
    return cast(
        CredentialsT,
        SASLCredentials(
            username=_username(settings),
            password=_password(settings),
            ssl_context=context,
            mechanism=_mechanism(settings),
        ),
    )


def _check_files(settings: Settings) -> None:
    """Both clients would speak of their own settings, or of nothing at all."""
    if settings.kafka_security not in ("SSL", "SASL_SSL"):
        return
    files = {
        "TTS_KAFKA_CA": settings.kafka_ca,
        "TTS_KAFKA_CERTIFICATE": settings.kafka_certificate,
        "TTS_KAFKA_KEY": settings.kafka_key,
    }
    for name, path in files.items():
        if path is None:
            continue
        try:
            path.read_bytes()
        except OSError as problem:
            reason = f"{name}={str(path)!r} cannot be read: {problem.strerror}"
            raise SettingsProblem(f"{reason}. Remedy: name a PEM file this user may read") from None


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(settings.kafka_ca) if settings.kafka_ca else None)
    except ssl.SSLError as problem:
        raise SettingsProblem(
            f"TTS_KAFKA_CA={str(settings.kafka_ca)!r} holds no certificate ({problem.reason}). "
            "Remedy: name the PEM file of the authority that signed the brokers"
        ) from None
    if settings.kafka_certificate is not None:
        password = settings.secret("KAFKA_KEY_PASSWORD")
        try:
            context.load_cert_chain(
                str(settings.kafka_certificate),
                str(settings.kafka_key) if settings.kafka_key else None,
                password.get_secret_value() if password else "",
            )
        except ssl.SSLError as problem:
            given = f"TTS_KAFKA_CERTIFICATE={str(settings.kafka_certificate)!r} and TTS_KAFKA_KEY"
            raise SettingsProblem(
                f"{given} do not fit ({problem.reason}). "
                "Remedy: name PEM files of one pair, and the key's password in TTS_KAFKA_KEY_PASSWORD"
            ) from None
    return context


def _mechanism(settings: Settings) -> str:
    if settings.kafka_sasl is None:
        raise SettingsProblem(
            f"TTS_KAFKA_SECURITY={settings.kafka_security!r} needs TTS_KAFKA_SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 "
            "or OAUTHBEARER"
        )
    return settings.kafka_sasl


def _username(settings: Settings) -> str:
    if not settings.kafka_username:
        raise SettingsProblem(f"TTS_KAFKA_SASL={settings.kafka_sasl!r} needs TTS_KAFKA_USERNAME")
    return settings.kafka_username


def _password(settings: Settings) -> str:
    return required("KAFKA_PASSWORD", settings.secret("KAFKA_PASSWORD"), "SASL").get_secret_value()


def token_source(settings: Settings) -> Callable[[], Token]:
    """A function that asks the token endpoint for a token (client credentials, RFC 6749 section 4.4).  Blocks."""
    if settings.kafka_token_url is None:
        raise SettingsProblem("TTS_KAFKA_SASL='OAUTHBEARER' needs TTS_KAFKA_TOKEN_URL")
    url, user, password = settings.kafka_token_url, _username(settings), _password(settings)
    form = {"grant_type": "client_credentials"} | ({"scope": settings.kafka_scope} if settings.kafka_scope else {})

    def fetch() -> Token:
        answer = httpx.post(url, data=form, auth=(user, password), timeout=10.0)
        answer.raise_for_status()
        body = answer.json()
        return str(body["access_token"]), time.time() + float(body.get("expires_in", 300))

    return fetch


class _TokenProvider(AbstractTokenProvider):  # type: ignore[misc]
    """aiokafka asks for a token at every connection; it is asked for again shortly before its end."""

    def __init__(self, fetch: Callable[[], Token]) -> None:
        self._fetch = fetch
        self._held: Token = ("", 0.0)

    async def token(self) -> str:
        if time.time() > self._held[1] - 30:
            self._held = await asyncio.to_thread(self._fetch)
        return self._held[0]
