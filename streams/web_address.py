"""Addresses among the settings: http(s), and never with a user and a password, which would end up in logs."""

from __future__ import annotations

from urllib.parse import urlsplit


def checked_address(value: str, instead: str) -> str:
    """The address; a ValueError says what is wrong with it.  ``instead``: where user and password belong."""
    if "@" in value:
        raise ValueError(f"user and password do not belong into an address: use {instead}")
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or any(character.isspace() for character in value):
        raise ValueError("no address of the form http(s)://host, with or without :port and /path")
    return value


def without_user(value: object) -> str:
    """A value to be shown, without what stands before an at sign."""
    text = str(value)
    return f"***@{text.rpartition('@')[2]}" if "@" in text else text
