"""The table of codes, one row per code, no default row.

A code without a row is never success: ``errors.py`` refuses it by name.
"""

from streams.tiktok_shop.codes import aftersales, content, gateway, order, product, stock_price
from streams.tiktok_shop.codes.gateway import BY_MESSAGE, OTHER_MESSAGE
from streams.tiktok_shop.codes.row import Reaction, Row

TABLES = (gateway.ROWS, product.ROWS, stock_price.ROWS, content.ROWS, order.ROWS, aftersales.ROWS)

CODES: dict[int, Row] = {code: row for table in TABLES for code, row in table.items()}

__all__ = ["BY_MESSAGE", "CODES", "OTHER_MESSAGE", "TABLES", "Reaction", "Row"]
