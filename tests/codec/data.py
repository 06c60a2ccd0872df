"""Random data for any of our schemas, and plain forms of it that the avro package and fastavro take."""

from typing import Any

from hypothesis import strategies as st

from streams.codec.python_types import inner, safe

LONGS = st.one_of(
    st.integers(-200, 200),
    st.integers(-10_000, 10_000),
    st.integers(1_700_000_000_000, 1_700_000_020_000),
    st.integers(-(2**63), 2**63 - 1),
)
INTS = st.one_of(st.integers(-200, 200), st.integers(-(2**31), 2**31 - 1))
TEXTS = st.one_of(st.sampled_from(["", "uk", "Übergröße", "x" * 63, "x" * 64, "y" * 9000]), st.text(max_size=20))


def values(schema: Any, classes: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Records of a schema."""
    match schema.type:
        case "record":
            fields = [values(field.type, classes) for field in schema.fields]
            return st.tuples(*fields).map(lambda given: classes[schema.fullname](*given))
        case "array":
            return st.lists(values(schema.items, classes), max_size=3).map(tuple)
        case "map":
            return st.dictionaries(TEXTS, values(schema.values, classes), max_size=3)
        case "union":
            return st.none() | values(inner(schema), classes)
        case "enum":
            return st.sampled_from(list(schema.symbols))
        case "boolean":
            return st.booleans()
        case "int":
            return INTS
        case "long":
            return LONGS
        case "double":
            return st.floats(allow_nan=False)
        case "float":
            return st.floats(allow_nan=False, width=32)
        case "bytes":
            return st.binary(max_size=100)
        case "string":
            return TEXTS
    raise TypeError(schema.type)


def datum(schema: Any, value: Any) -> Any:
    """The same value as the general codecs take and give it."""
    match schema.type:
        case "record":
            return {field.name: datum(field.type, getattr(value, safe(field.name))) for field in schema.fields}
        case "array":
            return [datum(schema.items, one) for one in value]
        case "map":
            return {key: datum(schema.values, value[key]) for key in sorted(value)}
        case "union":
            return None if value is None else datum(inner(schema), value)
    return value
