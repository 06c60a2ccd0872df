"""The table of operations, and versions that configuration replaces."""

import pytest

from streams.tiktok_shop.operations import OPERATIONS, in_force


def test_every_operation_has_a_name_of_its_own_and_a_complete_row() -> None:
    for name, row in OPERATIONS.items():
        assert row.name == name
        assert row.path.startswith("/") and "{version}" in row.path and not row.path.endswith("/")
        assert len(row.version) == 6 and row.version.isdigit()
        assert row.scopes and row.deadline_ms > 0


def test_no_method_and_path_appear_twice() -> None:
    assert len({(row.method, row.path) for row in OPERATIONS.values()}) == len(OPERATIONS)


def test_a_get_never_writes() -> None:
    assert all(row.effect == "read" for row in OPERATIONS.values() if row.method == "GET")


@pytest.mark.parametrize("name", ["authorized_shops", "upload_image", "create_brand", "search_size_charts"])
def test_the_cipher_stays_away_where_it_does_not_belong(name: str) -> None:
    assert OPERATIONS[name].cipher == "forbidden"


def test_a_configured_version_replaces_one_operation_only() -> None:
    table = in_force({"get_product": "202701"})
    assert table["get_product"].path_of({"product_id": "17"}) == "/product/202701/products/17"
    assert table["create_product"].version == OPERATIONS["create_product"].version
    assert OPERATIONS["get_product"].version == "202309"


@pytest.mark.parametrize("versions", [{"get_produkt": "202701"}, {"get_product": "v2"}])
def test_a_wrong_version_names_itself(versions: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(versions))):
        in_force(versions)


@pytest.mark.parametrize("value", ["", "a/b", "1?x=2", "..", "1 2"])
def test_a_path_parameter_is_an_id(value: str) -> None:
    with pytest.raises(ValueError, match="product_id"):
        OPERATIONS["get_product"].path_of({"product_id": value})
