"""Python lines that write one Avro type, for the generated ``encode``.

In the generated code every value becomes one or two byte strings, and one ``join`` makes the record: up to the first
array they wait as expressions, from there on in the list ``parts``.
"""

from typing import Any

from streams.codec.python_types import Unsupported, inner, safe, snake

Lines = list[str]

LOOPS = frozenset({"array", "map", "record"})


def writing(schema: Any) -> Lines:
    """Write the outermost record ``value`` and return its bytes."""
    body = _Body()
    body.record(schema, "value", "")
    if body.flushed:
        body.flush()
        return [*body.lines, 'return b"".join(parts)']
    return [*body.lines, f'return b"".join(({_listed(body.waiting)}))']


def _listed(expressions: Lines) -> str:
    return ", ".join(expressions) + ("," if len(expressions) == 1 else "")


def _size(raw: str) -> str:
    return f"LONGS.get(len({raw})) or long_bytes(len({raw}))"


class _Body:
    """Lines so far, and expressions that wait to be joined."""

    def __init__(self) -> None:
        self.lines: Lines = []
        self.waiting: Lines = []
        self.flushed = False

    def flush(self) -> None:
        if not self.flushed:
            self.lines.append(f"parts = [{', '.join(self.waiting)}]" if self.waiting else "parts: list[bytes] = []")
        elif len(self.waiting) == 1:
            self.lines.append(f"parts.append({self.waiting[0]})")
        elif self.waiting:
            self.lines.append(f"parts += ({', '.join(self.waiting)})")
        self.flushed = True
        self.waiting = []

    def inside(self) -> "_Body":
        """The body of a loop or branch, after which nothing waits."""
        self.flush()
        body = _Body()
        body.flushed = True
        return body

    def add_inside(self, body: "_Body") -> None:
        body.flush()
        self.lines += ["    " + line for line in body.lines]

    def record(self, schema: Any, name: str, prefix: str) -> None:
        names = [prefix + safe(field.name) for field in schema.fields]
        names = [f"{one}_" if one in ("parts", "top", "value") else one for one in names]
        self.lines.append(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {name}")
        self.fields(schema, names)

    def fields(self, schema: Any, names: Lines) -> None:
        for field, one in zip(schema.fields, names, strict=True):
            repeats = bool(field.other_props.get("repeats"))
            self.value(field.type, one, repeats)

    def value(self, schema: Any, name: str, repeats: bool) -> None:
        match schema.type:
            case "union" if inner(schema).type in LOOPS:
                self.optional_loop(inner(schema), name)
            case "union":
                self.optional(inner(schema), name, repeats)
            case "array":
                self.array(schema, name)
            case "map":
                self.map(schema, name)
            case "record":
                self.record(schema, name, f"{name}_")
            case _:
                self.waiting += self.plain(schema, name, repeats)

    def plain(self, schema: Any, name: str, repeats: bool) -> Lines:
        """Expressions for one value, after adding the lines they need."""
        match schema.type:
            case "long":
                self.lines += [
                    f"{name}_bytes = LONGS.get({name})",
                    f"if {name}_bytes is None:",
                    f"    top = TOPS.get({name} >> 13)",
                    f"    {name}_bytes = long_bytes({name}) if top is None else LOW[{name} & 8191] + top",
                ]
                return [f"{name}_bytes"]
            case "int":
                return [f"LONGS.get({name}) or int_bytes({name})"]
            case "boolean":
                return [f'b"\\x01" if {name} else END']
            case "string" if repeats:
                return [f"TEXTS.get({name}) or text_bytes({name})"]
            case "string":
                self.lines.append(f"{name}_bytes = {name}.encode()")
                return [_size(f"{name}_bytes"), f"{name}_bytes"]
            case "bytes":
                return [_size(name), name]
            case "float":
                return [f"FLOAT.pack({name})"]
            case "double":
                return [f"DOUBLE.pack({name})"]
            case "enum":
                return [f"_{snake(schema.name).upper()}_BYTES[{name}]"]
        raise Unsupported(f"type {schema.type} is not supported")

    def optional(self, schema: Any, name: str, repeats: bool) -> None:
        body = _Body()
        expressions = body.plain(schema, name, repeats)
        joined = " + ".join(one if one.replace("_", "").isalnum() else f"({one})" for one in expressions)
        self.waiting.append(f"{name}_part")
        if not body.lines:
            self.lines.append(f'{name}_part = END if {name} is None else b"\\x02" + {joined}')
            return
        self.lines += [
            f"if {name} is None:",
            f"    {name}_part = END",
            "else:",
            *("    " + line for line in body.lines),
            f'    {name}_part = b"\\x02" + {joined}',
        ]

    def optional_loop(self, schema: Any, name: str) -> None:
        self.flush()
        self.lines += [f"if {name} is None:", "    parts.append(END)", "else:"]
        body = self.inside()
        body.waiting.append('b"\\x02"')
        body.value(schema, name, False)
        self.add_inside(body)

    def array(self, schema: Any, name: str) -> None:
        body = self.inside()
        item = f"{name}_item"
        if schema.items.type == "record":
            names = [f"{name}_{safe(field.name)}" for field in schema.items.fields]
            item = ", ".join(names) + ("," if len(names) == 1 else "")
            body.fields(schema.items, names)
        else:
            body.value(schema.items, item, False)
        self.loop(name, f"for {item} in {name}:", body)

    def map(self, schema: Any, name: str) -> None:
        body = self.inside()
        body.waiting += body.plain_key(f"{name}_key")
        body.value(schema.values, f"{name}_item", False)
        self.loop(name, f"for {name}_key, {name}_item in sorted({name}.items()):", body)

    def plain_key(self, name: str) -> Lines:
        self.lines.append(f"{name}_bytes = {name}.encode()")
        return [_size(f"{name}_bytes"), f"{name}_bytes"]

    def loop(self, name: str, header: str, body: "_Body") -> None:
        """An array or map: its count, its entries and the end; an empty one is its end alone."""
        branch = self.inside()
        branch.waiting.append(_size(name))
        branch.flush()
        branch.lines.append(header)
        branch.add_inside(body)
        self.lines.append(f"if {name}:")
        self.add_inside(branch)
        self.waiting.append("END")
