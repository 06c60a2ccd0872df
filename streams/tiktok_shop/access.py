"""Who calls, and for whom: the app and one shop.

Both hold secrets, so neither ever shows them: not in a log line, not in a traceback.
"""

from collections.abc import Mapping
from typing import NamedTuple

API_URL = "https://open-api.tiktokglobalshop.com"
AUTH_URL = "https://auth.tiktok-shops.com"


class AppAccess(NamedTuple):
    """Our registered app, and the hosts it talks to."""

    app_key: str
    app_secret: str
    api_url: str = API_URL
    """Host of all operations; the sandbox's address in tests and demo."""
    auth_url: str = AUTH_URL
    """Host of the two token calls."""
    versions: Mapping[str, str] = {}
    """Version per operation name, six digits, where it differs from the table in ``operation.py``."""

    def __repr__(self) -> str:
        return f"AppAccess(app_key={self.app_key!r}, api_url={self.api_url!r}, auth_url={self.auth_url!r})"


class ShopAccess(NamedTuple):
    """One authorized shop: its current access token, and the cipher that selects it."""

    access_token: str
    shop_cipher: str

    def __repr__(self) -> str:
        return "ShopAccess(...)"
