"""Amounts are whole numbers of the smallest unit inside and decimal text on the wire."""

from decimal import Decimal

from streams.sandbox.unusable import Unusable

WITHOUT_DECIMALS = frozenset({"JPY", "IDR", "VND"})


def text(amount: int, currency: str) -> str:
    if currency in WITHOUT_DECIMALS:
        return str(amount)
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 100}.{amount % 100:02d}"


def amount(given: str, currency: str) -> int:
    """The number of smallest units; text that is no amount of the currency is a mistake."""
    try:
        scaled = Decimal(given) * (1 if currency in WITHOUT_DECIMALS else 100)
        if scaled == scaled.to_integral_value():
            return int(scaled)
    except (ArithmeticError, ValueError):
        pass
    raise Unusable(f"{given!r} is not an amount of {currency}")
