"""The table of operations, and the versions in force.

A version is replaceable by configuration for each operation, because TikTok Shop retires versions
one operation at a time.
"""

import re
from collections.abc import Mapping

from streams.tiktok_shop.operation import Cipher, Method, Operation

READ_MS = 8_000
"""Deadline of a read, in milliseconds: far below any session time-out of ours."""
WRITE_MS = 8_000
"""Deadline of a write.  A change of owner waits this long, so it is short."""
UPLOAD_MS = 30_000
"""Deadline of a file upload, which takes its time and overwrites nothing."""

_VERSION = re.compile(r"\d{6}")


def in_force(versions: Mapping[str, str]) -> dict[str, Operation]:
    """The table with configured versions in place; a wrong name or version is named."""
    table = dict(OPERATIONS)
    for name, version in versions.items():
        if name not in table:
            raise ValueError(f"tiktok_shop versions: no operation is called {name!r}")
        if not _VERSION.fullmatch(version):
            raise ValueError(f"tiktok_shop versions: {name}={version!r} is not six digits (year, month)")
        table[name] = table[name]._replace(version=version)
    return table


def _read(name: str, method: Method, path: str, version: str, cipher: Cipher, *scopes: str) -> Operation:
    return Operation(name, method, path, version, cipher, scopes, "read", READ_MS)


def _write(name: str, method: Method, path: str, version: str, cipher: Cipher, *scopes: str) -> Operation:
    return Operation(name, method, path, version, cipher, scopes, "write", WRITE_MS)


def _upload(name: str, path: str, version: str, *scopes: str) -> Operation:
    return Operation(name, "POST", path, version, "forbidden", scopes, "write", UPLOAD_MS)


C: Cipher = "required"
NO: Cipher = "forbidden"

AUTHORIZATION = "seller.authorization.info"
SHOP = "seller.shop.info"
PRODUCT = "seller.product.basic"
PRODUCT_WRITE = "seller.product.write"
PRODUCT_DELETE = "seller.product.delete"
GLOBAL = "seller.global_product.info"
GLOBAL_WRITE = "seller.global_product.write"
GLOBAL_DELETE = "seller.global_product.delete"
ORDER = "seller.order.info"
REFERENCE_WRITE = "seller.order.ext_ref.write"
REFERENCE = "seller.order.ext_ref.read"
FULFILMENT = "seller.fulfillment.basic"
PACKAGE_WRITE = "seller.fulfillment.package.write"
LOGISTICS = "seller.logistics"
RETURN = "seller.return_refund.basic"

_P, _F, _R = "/product/{version}", "/fulfillment/{version}", "/return_refund/{version}"

_ROWS: tuple[Operation, ...] = (
    _read("authorized_shops", "GET", "/authorization/{version}/shops", "202309", NO, AUTHORIZATION),
    _read("seller_shops", "GET", "/seller/{version}/shops", "202309", NO, SHOP),
    _read("seller_permissions", "GET", "/seller/{version}/permissions", "202309", NO, SHOP),
    _read("webhooks", "GET", "/event/{version}/webhooks", "202309", C, AUTHORIZATION),
    _write("set_webhook", "PUT", "/event/{version}/webhooks", "202309", C, AUTHORIZATION),
    _write("delete_webhook", "DELETE", "/event/{version}/webhooks", "202309", C, AUTHORIZATION),
    # products
    _write("create_product", "POST", _P + "/products", "202309", C, PRODUCT_WRITE),
    _write("edit_product", "PUT", _P + "/products/{product_id}", "202509", C, PRODUCT_WRITE),
    _write("partial_edit", "POST", _P + "/products/{product_id}/partial_edit", "202509", C, PRODUCT_WRITE),
    _read("get_product", "GET", _P + "/products/{product_id}", "202309", C, PRODUCT),
    _read("search_products", "POST", _P + "/products/search", "202502", C, PRODUCT),
    _write("activate_products", "POST", _P + "/products/activate", "202309", C, PRODUCT),
    _write("deactivate_products", "POST", _P + "/products/deactivate", "202309", C, PRODUCT),
    _write("delete_products", "DELETE", _P + "/products", "202309", C, PRODUCT_DELETE),
    _write("recover_products", "POST", _P + "/products/recover", "202309", C, PRODUCT_DELETE),
    _write("update_prices", "POST", _P + "/products/{product_id}/prices/update", "202309", C, PRODUCT_WRITE),
    _write("update_inventory", "POST", _P + "/products/{product_id}/inventory/update", "202309", C, PRODUCT_WRITE),
    _read("search_inventory", "POST", _P + "/inventory/search", "202309", C, PRODUCT),
    _upload("upload_image", _P + "/images/upload", "202309", PRODUCT),
    _upload("upload_file", _P + "/files/upload", "202309", PRODUCT),
    _read("check_listing", "POST", _P + "/products/listing_check", "202309", C, PRODUCT),
    _read("prerequisites", "GET", _P + "/prerequisites", "202312", C, PRODUCT),
    _read("categories", "GET", _P + "/categories", "202309", C, PRODUCT),
    _read("category_attributes", "GET", _P + "/categories/{category_id}/attributes", "202309", C, PRODUCT),
    _read("category_rules", "GET", _P + "/categories/{category_id}/rules", "202309", C, PRODUCT),
    _read("recommend_category", "POST", _P + "/categories/recommend", "202309", C, PRODUCT),
    _read("brands", "GET", _P + "/brands", "202309", C, PRODUCT),
    _write("create_brand", "POST", _P + "/brands", "202309", NO, PRODUCT),
    _read("search_size_charts", "POST", _P + "/sizecharts/search", "202407", NO, PRODUCT),
    _write("create_size_chart", "POST", _P + "/size_charts", "202610", NO, PRODUCT),
    _write("create_manufacturer", "POST", _P + "/compliance/manufacturers", "202409", NO, PRODUCT),
    _write(
        "edit_manufacturer",
        "POST",
        _P + "/compliance/manufacturers/{manufacturer_id}/partial_edit",
        "202409",
        NO,
        PRODUCT,
    ),
    _read("search_manufacturers", "POST", _P + "/compliance/manufacturers/search", "202501", NO, PRODUCT),
    _write("create_responsible_person", "POST", _P + "/compliance/responsible_persons", "202409", NO, PRODUCT),
    _write(
        "edit_responsible_person",
        "POST",
        _P + "/compliance/responsible_persons/{responsible_person_id}/partial_edit",
        "202409",
        NO,
        PRODUCT,
    ),
    _read(
        "search_responsible_persons",
        "POST",
        _P + "/compliance/responsible_persons/search",
        "202501",
        NO,
        PRODUCT,
    ),
    # global products
    _write("create_global_product", "POST", _P + "/global_products", "202309", NO, GLOBAL_WRITE),
    _read("get_global_product", "GET", _P + "/global_products/{global_product_id}", "202309", NO, GLOBAL),
    _write("edit_global_product", "PUT", _P + "/global_products/{global_product_id}", "202309", NO, GLOBAL_WRITE),
    _write(
        "publish_global_product",
        "POST",
        _P + "/global_products/{global_product_id}/publish",
        "202309",
        NO,
        GLOBAL_WRITE,
    ),
    _write(
        "update_global_inventory",
        "POST",
        _P + "/global_products/{global_product_id}/inventory/update",
        "202309",
        NO,
        GLOBAL_WRITE,
    ),
    _write("delete_global_products", "DELETE", _P + "/global_products", "202309", NO, GLOBAL_DELETE),
    _read("search_global_products", "POST", _P + "/global_products/search", "202312", NO, GLOBAL),
    # orders
    _read("search_orders", "POST", "/order/{version}/orders/search", "202309", C, ORDER),
    _read("order_details", "GET", "/order/{version}/orders", "202507", C, ORDER),
    _read("order_prices", "GET", "/order/{version}/orders/{order_id}/price_detail", "202407", C, ORDER),
    _write("add_order_references", "POST", "/order/{version}/orders/external_orders", "202406", C, REFERENCE_WRITE),
    _read("order_references", "GET", "/order/{version}/orders/{order_id}/external_orders", "202406", C, REFERENCE),
    _read(
        "search_order_references",
        "POST",
        "/order/{version}/orders/external_order_search",
        "202406",
        C,
        REFERENCE,
    ),
    # fulfilment and logistics
    _write("mark_shipped", "POST", _F + "/orders/{order_id}/packages", "202610", C, FULFILMENT),
    _write("ship_package", "POST", _F + "/packages/{package_id}/ship", "202309", C, FULFILMENT),
    _write("ship_packages", "POST", _F + "/packages/ship", "202309", C, FULFILMENT),
    _write("update_order_shipping", "POST", _F + "/orders/{order_id}/shipping_info/update", "202309", C, LOGISTICS),
    _write(
        "update_package_shipping",
        "POST",
        _F + "/packages/{package_id}/shipping_info/update",
        "202610",
        C,
        FULFILMENT,
    ),
    _read("search_packages", "POST", _F + "/packages/search", "202309", C, FULFILMENT),
    _read("get_package", "GET", _F + "/packages/{package_id}", "202309", C, FULFILMENT),
    _read("handover_slots", "GET", _F + "/packages/{package_id}/handover_time_slots", "202309", C, PACKAGE_WRITE),
    _read("shipping_document", "GET", _F + "/packages/{package_id}/shipping_documents", "202309", C, FULFILMENT),
    _read("tracking", "GET", _F + "/orders/{order_id}/tracking", "202309", C, LOGISTICS),
    _write("split_order", "POST", _F + "/orders/{order_id}/split", "202309", C, PACKAGE_WRITE),
    _write("combine_packages", "POST", _F + "/packages/combine", "202309", C, PACKAGE_WRITE),
    _write("uncombine_package", "POST", _F + "/packages/{package_id}/uncombine", "202309", C, PACKAGE_WRITE),
    _read("warehouses", "GET", "/logistics/{version}/warehouses", "202309", C, LOGISTICS),
    _read(
        "delivery_options",
        "GET",
        "/logistics/{version}/warehouses/{warehouse_id}/delivery_options",
        "202309",
        C,
        LOGISTICS,
    ),
    _read(
        "shipping_providers",
        "GET",
        "/logistics/{version}/delivery_options/{delivery_option_id}/shipping_providers",
        "202309",
        C,
        LOGISTICS,
        FULFILMENT,
    ),
    # cancellations, returns, refunds
    _write("cancel_order", "POST", _R + "/cancellations", "202602", C, RETURN),
    _read("search_cancellations", "POST", _R + "/cancellations/search", "202602", C, RETURN),
    _write("approve_cancellation", "POST", _R + "/cancellations/{cancel_id}/approve", "202309", C, RETURN),
    _write("reject_cancellation", "POST", _R + "/cancellations/{cancel_id}/reject", "202309", C, RETURN),
    _write("create_return", "POST", _R + "/returns", "202602", C, RETURN),
    _read("search_returns", "POST", _R + "/returns/search", "202602", C, RETURN),
    _write("approve_return", "POST", _R + "/returns/{return_id}/approve", "202309", C, RETURN),
    _write("reject_return", "POST", _R + "/returns/{return_id}/reject", "202606", C, RETURN),
    _read("calculate_refund", "POST", _R + "/refunds/calculate", "202602", C, RETURN),
    _read("aftersale_eligibility", "GET", _R + "/orders/{order_id}/aftersale_eligibility", "202602", C, RETURN),
    _read("reject_reasons", "GET", _R + "/reject_reasons", "202309", C, RETURN),
    _read("return_records", "GET", _R + "/returns/{return_id}/records", "202309", C, RETURN),
)

OPERATIONS: dict[str, Operation] = {row.name: row for row in _ROWS}
