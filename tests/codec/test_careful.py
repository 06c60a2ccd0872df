"""Every fault is named with the path of its field; rare but legal forms are read."""

import pytest

from streams.records import order_hold, stock_change, sync_job
from streams.records.careful import DecodeError
from streams.records.stock_change import StockChange, StockLevel

CHANGE = StockChange("wms", 5, (StockLevel("leeds", 40),))
DATA = stock_change.encode(CHANGE)
LEVELS = 5
"""Where the array begins: source (4 bytes), read_at (1)."""


def fault(data: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        stock_change.decode(data)
    return caught.value


def test_a_cut_string_names_its_field() -> None:
    error = fault(DATA[: LEVELS + 4])
    assert error.field == "levels[0].channel"
    assert "ends after 2 of 5 bytes" in error.fault


def test_bytes_that_are_no_utf8_name_their_field() -> None:
    assert fault(DATA.replace(b"leeds", b"le\xff\xfes")).field == "levels[0].channel"


def test_bytes_behind_the_record_are_counted() -> None:
    assert fault(DATA + b"xyz").fault == "3 bytes follow the record"


def test_a_boolean_is_zero_or_one() -> None:
    assert fault(DATA[:-4] + b"\x07" + DATA[-3:]).field == "complete"


def test_a_union_has_two_branches() -> None:
    assert fault(DATA[:-1] + b"\x04").field == "trace"


def test_an_enum_index_beyond_its_symbols_is_refused() -> None:
    hold = order_hold.OrderHold(1, 1, "w", "c", (), "OPEN")
    data = bytearray(order_hold.encode(hold))
    data[7] = 10
    with pytest.raises(DecodeError) as caught:
        order_hold.decode(bytes(data))
    assert caught.value.field == "stage"


def test_a_number_beyond_64_bits_is_refused() -> None:
    assert fault(DATA[:4] + b"\xff" * 9 + b"\x7f" + DATA[5:]).field == "read_at"


def test_a_number_of_endless_bytes_is_refused_at_once() -> None:
    assert fault(DATA[:4] + b"\xff" * 1_000_000).fault == "number longer than ten bytes"


def test_a_number_beyond_32_bits_is_no_int() -> None:
    job = sync_job.SyncJob("j", "g", 1, 0, 0, 0, {})
    data = sync_job.encode(job).replace(b"\x02g\x02", b"\x02g\xfe\xff\xff\xff\xff\x01")
    with pytest.raises(DecodeError) as caught:
        sync_job.decode(data)
    assert caught.value.field == "partition"


def test_a_negative_length_is_refused() -> None:
    assert fault(b"\x05" + DATA[1:]).fault == "negative length -3"


def test_more_entries_than_bytes_are_refused_before_anything_is_built() -> None:
    assert "entries announced" in fault(DATA[:LEVELS] + b"\xfe\xff\xff\xff\x0f" + DATA[LEVELS + 1 :]).fault


def test_an_array_in_blocks_with_sizes_is_read() -> None:
    level = b"\x0aleeds\x50"
    blocks = b"\x01" + bytes([2 * len(level)]) + level + b"\x02" + level + b"\x00"
    rest = DATA[LEVELS + 1 + len(level) + 1 :]
    found = stock_change.decode(DATA[:LEVELS] + blocks + rest)
    assert found == CHANGE._replace(levels=CHANGE.levels * 2)


def test_a_long_array_is_read() -> None:
    many = CHANGE._replace(levels=CHANGE.levels * 3000)
    assert stock_change.decode(stock_change.encode(many)) == many


def test_map_entries_are_written_in_the_order_of_their_keys() -> None:
    one = sync_job.SyncJob("j", "g", 1, 0, 0, 3, {"applied": 1, "dead": 2})
    other = one._replace(counts={"dead": 2, "applied": 1})
    assert sync_job.encode(one) == sync_job.encode(other)
