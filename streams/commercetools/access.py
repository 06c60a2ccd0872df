"""Where a project is, and by which client it is read."""

from __future__ import annotations

from typing import NamedTuple


class Access(NamedTuple):
    """One project and one API client of it."""

    project: str
    """Project key."""
    api_url: str
    auth_url: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = ()
    """With the project, as ``view_products:project``; empty: all the client has."""

    def __repr__(self) -> str:
        return f"Access({self.project!r}, {self.api_url!r}, client_id={self.client_id!r})"


def hosts(region: str) -> tuple[str, str]:
    """API and auth host of a region such as europe-west1.gcp."""
    return f"https://api.{region}.commercetools.com", f"https://auth.{region}.commercetools.com"
