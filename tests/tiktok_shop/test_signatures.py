"""Published vectors: what is signed is what is sent, byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from streams.tiktok_shop.request import encoded
from streams.tiktok_shop.sign import request_signature, verify_webhook, webhook_signature

VECTORS: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "signing_vectors.json").read_text())
BY_ID = {vector["id"]: vector for vector in VECTORS["request"]}


def signature_of(vector: dict[str, Any]) -> str:
    query = [(name, value) for name, value in vector["query"]]
    body = vector["body"].encode()
    return request_signature(app_secret=vector["app_secret"], path=vector["path"], query=query, body=body)


@pytest.mark.parametrize("vector", VECTORS["request"], ids=lambda vector: vector["id"])
def test_signs_as_published(vector: dict[str, Any]) -> None:
    assert signature_of(vector) == vector["sign"]


@pytest.mark.parametrize("mistake", VECTORS["never"], ids=lambda mistake: mistake["mistake"])
def test_never_signs_with_a_known_mistake(mistake: dict[str, Any]) -> None:
    assert signature_of(BY_ID[mistake["of"]]) != mistake["sign"]


@pytest.mark.parametrize("vector", VECTORS["request"], ids=lambda vector: vector["id"])
def test_encodes_the_query_as_published(vector: dict[str, Any]) -> None:
    query = [(name, value) for name, value in vector["query"] if name != "sign"]
    assert f"{vector['path']}?{encoded([*query, ('sign', vector['sign'])])}" == vector["wire"]


def test_a_repeated_name_counts_with_its_first_value() -> None:
    once = request_signature(app_secret="s", path="/p", query=[("a", "1")], body=b"")
    twice = request_signature(app_secret="s", path="/p", query=[("a", "1"), ("a", "2")], body=b"")
    assert once == twice


def test_an_empty_value_still_contributes_its_name() -> None:
    without = request_signature(app_secret="s", path="/p", query=[], body=b"")
    assert request_signature(app_secret="s", path="/p", query=[("a", "")], body=b"") != without


@pytest.mark.parametrize("vector", VECTORS["webhook"], ids=lambda vector: vector["id"])
def test_signs_webhooks_as_published(vector: dict[str, Any]) -> None:
    body = vector["body"].encode()
    keys = {"app_key": vector["app_key"], "app_secret": vector["app_secret"]}
    assert webhook_signature(**keys, body=body) == vector["sign"]
    assert verify_webhook(**keys, body=body, signature=vector["sign"])
    assert verify_webhook(**keys, body=body, signature=vector["sign"].upper())
    assert not verify_webhook(**keys, body=body + b" ", signature=vector["sign"])


@pytest.mark.parametrize("signature", ["", "0", "ü" * 64, "Bearer x"])
def test_refuses_any_other_signature(signature: str) -> None:
    assert not verify_webhook(app_key="k", app_secret="s", body=b"{}", signature=signature)
