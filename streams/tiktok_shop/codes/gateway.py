"""Codes of the gateway and of authorization: they can answer any operation.

A wrong address or version stops the shop rather than refusing every entity, because it is one
mistake of configuration and not thousands of bad SKUs.
"""

from streams.tiktok_shop.codes.row import Row, again, refuse, stop

REAUTHORIZE = "let the seller authorize the app again, then start deliver with the new TTS_SHOP_<MARKET>_AUTH_CODE"
_ASK_WHY = "ask TikTok Shop's support why; the shop is tried again every five minutes"
_VERSION = stop("the API version is unknown or retired", "set a newer version for this operation: TTS_TIKTOK_VERSIONS")

ROWS: dict[int, Row] = {
    101000: Row("refetch-shops", "token and shop_cipher do not fit", "nothing to do: the shops are fetched again"),
    105001: stop("the authorization has ended", REAUTHORIZE),
    105002: Row("refresh-token", "the access token has expired", "nothing to do: it is refreshed once"),
    105005: stop("a scope is missing", "add the scope to the app, then let the seller authorize it again"),
    106001: stop("the signature is wrong", "check the app secret in the settings"),
    106013: stop("shop_cipher is missing", "report this: the table of operations is wrong"),
    36004001: stop("the refresh token has expired", REAUTHORIZE),
    36004004: stop(
        "the authorization code is wrong, used or expired", "start the consent again: a code lives 30 minutes"
    ),
    36004005: stop("no authorization belongs to the refresh token", REAUTHORIZE),
    36009002: Row("limit", "too many requests", "nothing to do: the limiter slows down"),
    36009003: again("internal error of the gateway"),
    36009004: Row("by-message", "refused by the gateway", "see the message"),
    36009007: again("time-out behind the gateway"),
    36009009: stop("the path is unknown", "check the API address in the settings"),
    36009010: stop("the HTTP method is wrong", "report this: the table of operations is wrong"),
    36009014: _VERSION,
    36009021: refuse("file", "the file is too large", "send a smaller file"),
    36009022: refuse("body", "the body cannot be read", "report this: the request is built wrongly"),
    36009023: refuse("body", "the request must be multipart", "report this: the request is built wrongly"),
    36009033: stop("our IP address is not on the app's list", "add the address in Partner Center, or lift the list"),
    36009037: Row("limit", "too many requests", "nothing to do: the limiter slows down"),
    36009043: stop("the shop is disabled", _ASK_WHY),
    36009044: stop("the seller is disabled", _ASK_WHY),
    36020001: refuse("order_id", "the order id is wrong", "check that the order belongs to this shop"),
    98001004: refuse(None, "a parameter is wrong", "see the message: it names the parameter"),
}

BY_MESSAGE: tuple[tuple[str, Row], ...] = (
    (
        r"unexpected identifier",
        stop("an identifier was sent where it does not belong", "report this: the table of operations is wrong"),
    ),
    (
        r"\baccess[ _-]?token\b",
        Row("refresh-token", "the access token is not valid", "nothing to do: it is refreshed once"),
    ),
    (r"\bapp[ _]?key\b", stop("the app key is unknown", "check the app key in the settings")),
    (
        r"\btimestamp\b",
        stop("our clock is wrong", "set the machine's clock: at most 5 minutes behind, 30 seconds ahead"),
    ),
    (r"\bsign(ature)?\b", stop("the signature is missing or wrong", "check the app secret in the settings")),
    (
        r"\bshop[ _]?(cipher|id)\b",
        Row("refetch-shops", "the shop is not known", "nothing to do: the shops are fetched again"),
    ),
    (r"\b(api )?version\b", _VERSION),
)
"""36009004 by its message, first match wins, lower case; what matches nothing is a wrong parameter."""

OTHER_MESSAGE = refuse(None, "a parameter was refused by the gateway", "see the message: it names the parameter")
