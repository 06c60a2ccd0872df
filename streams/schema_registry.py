"""The configured schema registry, nothing connected yet."""

from __future__ import annotations

import time

from streams.codec.registry import Registry, open_registry
from streams.secrets import required
from streams.settings import Settings, SettingsProblem


def registry_of(settings: Settings) -> Registry | None:
    """None: no registry is configured."""
    if not settings.registry_url:
        return None
    password = ""
    if settings.registry_user:
        secret = required("REGISTRY_PASSWORD", settings.secret("REGISTRY_PASSWORD"), "the schema registry")
        password = secret.get_secret_value()
    given = (settings.registry_certificate, settings.registry_key)
    certificate = (str(given[0]), str(given[1])) if given[0] is not None and given[1] is not None else None
    if certificate is None and given != (None, None):
        raise SettingsProblem("TTS_REGISTRY_CERTIFICATE and TTS_REGISTRY_KEY go together: name both, or neither")
    try:
        return open_registry(
            settings.registry_url,
            time.monotonic,
            user=settings.registry_user or "",
            password=password,
            ca_file=str(settings.registry_ca or ""),
            certificate=certificate,
        )
    except (ValueError, OSError) as problem:
        raise SettingsProblem(
            f"TTS_REGISTRY_URL={settings.registry_url!r}: {problem}. Remedy: write http(s)://host:port, and name PEM "
            "files this user may read"
        ) from None
