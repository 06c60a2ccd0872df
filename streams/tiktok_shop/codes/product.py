"""Codes about a product as a whole, quotas, and the shop behind it."""

from streams.tiktok_shop.codes.row import Row, again, refuse, stop, wait

REPORT = "report this: the request is built wrongly"
CHECK = "see the message; correct the product in commercetools or its mapping"

ROWS: dict[int, Row] = {
    12001000: again("product service internal failure"),
    12009014: refuse(
        "product_id", "the seller has no permission on the product", "check which shop the market file names"
    ),
    12019004: stop("the seller is not active", "activate the seller in Seller Center"),
    12019008: refuse(
        "product_id", "the product id is wrong", "it was removed at TikTok Shop: the listing is looked for again"
    ),
    12019027: refuse(None, "more than 10 seller_skus in a search", REPORT),
    12019087: refuse(None, "more than 10 sku_ids in a search", REPORT),
    12019108: refuse(None, "page number wrong", REPORT),
    12019109: refuse(None, "page size wrong", REPORT),
    12019113: refuse("status", "the status filter is wrong", "report this: the request is built wrongly"),
    12019114: refuse("product_id", "the seller has no permission", "check which shop the market file names"),
    12019118: refuse(None, "create-time filter wrong", REPORT),
    12019119: refuse(None, "update-time filter wrong", REPORT),
    12019120: refuse(None, "too many product ids", REPORT),
    12019123: refuse(None, "page size x page number too deep", REPORT),
    12019150: refuse(
        "product_id", "the product is unknown", "it was removed at TikTok Shop: the listing is looked for again"
    ),
    12019210: refuse(None, "publish parameters wrong", CHECK),
    12019212: refuse(None, "market already published", CHECK),
    12038013: refuse(None, "not available for this shop", "ask the seller for the right, or leave the product out"),
    12052031: refuse(
        "product_id",
        "the product id is malformed or unknown",
        "it was removed at TikTok Shop: the listing is looked for again",
    ),
    12052032: refuse(
        "product_id", "the product is unknown", "it was removed at TikTok Shop: the listing is looked for again"
    ),
    12052034: refuse("product_id", "the product belongs to another shop", "check which shop the market file names"),
    12052048: refuse("product_id", "the product is not in this shop", "check which shop the market file names"),
    12052093: wait("the shop has used up its listings of the day", "nothing to do: it is listed when the quota allows"),
    12052109: Row("limit", "too many requests for this merchant", "nothing to do: the limiter slows down"),
    12052163: refuse("product_id", "a gift cannot be edited", "take the product out of this market"),
    12052180: refuse(None, "result window above 10000", REPORT),
    12052202: wait("custom brands created today are above the limit", "nothing to do: it is tried again tomorrow"),
    12052203: refuse("brand_id", "custom brands are above the total limit", "use an existing brand"),
    12052260: refuse(
        "product_id", "the product is unknown", "it was removed at TikTok Shop: the listing is looked for again"
    ),
    12052308: wait("an appeal is open", "withdraw the appeal in Seller Center, or wait for its end"),
    12052332: wait(
        "the shop is being merged, only price and stock may change", "nothing to do: it is sent after the merge"
    ),
    12052371: wait("an auction is running and freezes the product", "nothing to do: it is sent when the auction ends"),
    12052377: refuse(
        "product_id",
        "stock is left in the warehouse service, the product cannot be deleted",
        "take the stock out first",
    ),
    12052402: refuse(None, "shipping template empty", CHECK),
    12052419: stop("the set-up tasks of the shop are not finished", "finish the tasks in Seller Center"),
    12052487: refuse(None, "product data empty", CHECK),
    12052488: refuse(None, "no draft once submitted", CHECK),
    12052535: stop("the shop has no return warehouse", "set a return warehouse in Seller Center"),
    12052547: refuse(None, "no version is under review", "nothing to do: the live version is read"),
    12052700: stop("the seller is not active", "activate the seller in Seller Center"),
    12052701: refuse(
        None, "a cross-border seller cannot create a local product directly", "create it as a global product"
    ),
    12052703: stop("the tax number of the seller is missing or wrong", "correct it in Seller Center"),
    12052704: stop("the seller is unknown", "let the seller authorize the app again"),
    12052705: refuse(None, "the seller cannot manage local products", "manage it as a global product"),
    12052706: refuse(None, "minimum order quantity out of range", CHECK),
    12052707: refuse(None, "minimum order quantity not supported", CHECK),
    12052881: again("product service internal failure"),
    12052901: refuse(
        "status",
        "the status of the product does not allow this",
        "look at the status in Seller Center: deleted, frozen and drafts take no changes",
    ),
    12052910: refuse(None, "input wrong", REPORT),
    12052923: stop("contact data of the shop is missing", "complete it in Seller Center"),
    12052990: Row("inside", "see the nested errors", "correct what the nested errors name"),
    12056001: again("product service internal failure"),
}
