"""What the workers are told: where Kafka, the shops and the sources are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streams.demo.stage import APP_KEY, Stage
from streams.settings import Settings
from streams.tiktok_shop.token_box import new_key


def worker_environment(
    bootstrap: str, prefix: str, folder: Path, sandbox_url: str, webhook_port: int, secret: str, stage: Stage
) -> dict[str, str]:
    """Settings of all workers but their sources; ``secret`` is the app's."""
    return {
        "TTS_KAFKA_BOOTSTRAP": bootstrap,
        "TTS_TOPIC_PREFIX": prefix,
        "TTS_GROUP_PREFIX": prefix,
        "TTS_TRANSACTIONAL_PREFIX": prefix,
        "TTS_MARKETS_DIR": str(folder / "markets"),
        "TTS_STATE_DIR": str(folder / "state"),
        "TTS_WORKER_ID": "demo",
        "TTS_TIKTOK_API_URL": sandbox_url,
        "TTS_TIKTOK_AUTH_URL": sandbox_url,
        "TTS_TIKTOK_APP_KEY": APP_KEY,
        "TTS_TIKTOK_APP_SECRET": secret,
        "TTS_TOKEN_KEYS": new_key(),
        "TTS_WEBHOOK_PORT": str(webhook_port),
        "TTS_CALLS_START": "20",
        "TTS_SKU_PARTITIONS": "4",
        "TTS_MARKET_PARTITIONS": "2",
        **{f"TTS_SHOP_{market.upper()}_AUTH_CODE": code for market, code in stage.codes.items()},
    }


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The settings among the environment of the workers."""
    found = {name.removeprefix("TTS_").lower(): value for name, value in environment.items()}
    return Settings.model_validate({name: value for name, value in found.items() if name in Settings.model_fields})
