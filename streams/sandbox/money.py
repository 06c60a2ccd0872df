"""Amounts are whole numbers of the smallest unit inside and decimal text on the wire."""

from decimal import Decimal

WITHOUT_DECIMALS = frozenset({"JPY", "IDR", "VND"})


def text(amount: int, currency: str) -> str:
    if currency in WITHOUT_DECIMALS:
        return str(amount)
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 100}.{amount % 100:02d}"


def amount(given: str, currency: str) -> int:
    """The number of smallest units; text with too many decimals is a mistake."""
    scaled = Decimal(given) * (1 if currency in WITHOUT_DECIMALS else 100)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{given} is not an amount of {currency}")
    return int(scaled)
