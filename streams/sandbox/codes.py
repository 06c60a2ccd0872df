"""Every code the sandbox answers, with its text and its HTTP status.

Business errors come with status 200, as observed; the statuses of most gateway errors are assumed, so the switch
`statuses` can change any of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is not a success; `message` replaces the usual text."""

    code: int
    message: str = ""


RATE_LIMITED = 36009002
INTERNAL = 36009003
INVALID = 36009004
TIMEOUT = 36009007
UNKNOWN_PATH = 36009009
UNKNOWN_METHOD = 36009010
UNKNOWN_VERSION = 36009014
UNREADABLE_BODY = 36009022
WRONG_IDENTITY = 101000
DEAUTHORIZED = 105001
TOKEN_EXPIRED = 105002
SCOPE_MISSING = 105005
BAD_SIGNATURE = 106001
CIPHER_MISSING = 106013

BAD_AUTH_CODE = 36004004
NO_AUTHORIZATION = 36004005
REFRESH_TOKEN_EXPIRED = 36004001

PRODUCT_UNKNOWN = 12052032
PRODUCT_OF_ANOTHER_SHOP = 12052048
STATE_FORBIDS = 12052901
NO_VERSION_UNDER_REVIEW = 12052547
TOO_MANY_PRODUCT_IDS = 12019120
TOO_MANY_SKUS = 12019015
TOO_MANY_SELLER_SKUS = 12019027
TOO_MANY_SKU_IDS = 12019087
BAD_PAGE_SIZE = 12019109
BAD_CREATE_TIME = 12019118
BAD_UPDATE_TIME = 12019119
BAD_STATUS_FILTER = 12019113
RESULT_WINDOW = 12052180
BAD_INPUT = 12052910

SKUS_EMPTY = 12052902
SKU_ID_MISSING = 12052036
SKU_TWICE = 12052553
SKU_UNKNOWN = 12052556
TOO_MANY_SKUS_IN_PRODUCT = 12052050
STOCK_NUMBER_WRONG = 12019024
ALL_WAREHOUSES_NEEDED = 12019028
QUANTITY_OUT_OF_RANGE = 12052055
BELOW_LOCKED = 12052146
PROMOTION_FLOOR = 12052393
WAREHOUSE_FOREIGN = 12052530
WAREHOUSE_DISABLED = 12052531
NOT_A_SALES_WAREHOUSE = 12052532
WAREHOUSE_NOT_OF_SKU = 12052533
CHECK_FAILED = 12052990

ORDER_PARAMETER = 21001001
ORDER_FOREIGN = 21008111

MESSAGES: dict[int, str] = {
    RATE_LIMITED: "Too many requests",
    INTERNAL: "Internal error",
    INVALID: "Invalid parameter",
    TIMEOUT: "Timeout",
    UNKNOWN_PATH: "Invalid path",
    UNKNOWN_METHOD: "Invalid method",
    UNKNOWN_VERSION: "Invalid version",
    UNREADABLE_BODY: "The request body cannot be read",
    WRONG_IDENTITY: "Access token does not match the shop cipher",
    DEAUTHORIZED: "The seller has withdrawn the authorization",
    TOKEN_EXPIRED: "Access token has expired",
    SCOPE_MISSING: "Access denied, apply for the authorization package",
    BAD_SIGNATURE: "Invalid credentials. The signature is invalid",
    CIPHER_MISSING: "shop_cipher is required",
    BAD_AUTH_CODE: "Invalid auth code",
    NO_AUTHORIZATION: "Cannot find the authorization record",
    REFRESH_TOKEN_EXPIRED: "Refresh token has expired",
    PRODUCT_UNKNOWN: "The product does not exist",
    PRODUCT_OF_ANOTHER_SHOP: "The product does not belong to this shop",
    STATE_FORBIDS: "The status does not allow this action",
    NO_VERSION_UNDER_REVIEW: "No version of the product is under review",
    TOO_MANY_PRODUCT_IDS: "Too many product ids",
    TOO_MANY_SKUS: "Too many SKUs",
    TOO_MANY_SELLER_SKUS: "Too many seller_skus",
    TOO_MANY_SKU_IDS: "Too many sku_ids",
    BAD_PAGE_SIZE: "Invalid page_size",
    BAD_CREATE_TIME: "Invalid create time filter",
    BAD_UPDATE_TIME: "Invalid update time filter",
    BAD_STATUS_FILTER: "Invalid status",
    RESULT_WINDOW: "More than 10000 results, narrow the filters",
    BAD_INPUT: "Invalid input",
    SKUS_EMPTY: "The SKU list is empty",
    SKU_ID_MISSING: "The SKU id is missing",
    SKU_TWICE: "A SKU id is given twice",
    SKU_UNKNOWN: "The SKU does not exist",
    TOO_MANY_SKUS_IN_PRODUCT: "Too many SKUs in one product",
    STOCK_NUMBER_WRONG: "Invalid stock number",
    ALL_WAREHOUSES_NEEDED: "The SKU has several warehouses, send all of them",
    QUANTITY_OUT_OF_RANGE: "The quantity is out of range",
    BELOW_LOCKED: "The quantity is below the locked stock",
    PROMOTION_FLOOR: "Stock of a product in a promotion cannot go below its current stock",
    WAREHOUSE_FOREIGN: "The warehouse does not belong to this shop",
    WAREHOUSE_DISABLED: "The warehouse is disabled",
    NOT_A_SALES_WAREHOUSE: "The warehouse is not a sales warehouse",
    WAREHOUSE_NOT_OF_SKU: "Warehouses of a SKU cannot be added, removed or replaced",
    CHECK_FAILED: "Check failed",
    ORDER_PARAMETER: "Invalid parameter",
    ORDER_FOREIGN: "The order belongs to another seller",
}

STATUSES: dict[int, int] = {
    RATE_LIMITED: 429,
    INTERNAL: 500,
    INVALID: 400,
    TIMEOUT: 200,
    UNKNOWN_PATH: 404,
    UNKNOWN_METHOD: 405,
    UNKNOWN_VERSION: 404,
    UNREADABLE_BODY: 400,
    WRONG_IDENTITY: 401,
    DEAUTHORIZED: 401,
    TOKEN_EXPIRED: 401,
    SCOPE_MISSING: 403,
    BAD_SIGNATURE: 401,
    CIPHER_MISSING: 400,
}
"""Every code not listed answers with status 200."""


def message_of(refused: Refused) -> str:
    return refused.message or MESSAGES.get(refused.code, "Failed")
