"""The topics of this installation: ``schemas/topics/*.yaml`` under its own names and sizes.

``catalog["stock-changes"]`` is all the rest of the product knows of a topic: its full name, its codec, the partition
and the entity of a key.  A codec is built when it is first used; with a schema registry the schema's id is asked then.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import ValidationError

from streams.codec.poison import RegistryUnavailable
from streams.codec.registry import Registry, RegistryRefused
from streams.codec.schema_files import SCHEMAS, releases, text_of
from streams.codec.wire import CONFLUENT, SINGLE_OBJECT, Codec, Contract, RawCodec, TopicCodec
from streams.settings import SettingsProblem
from streams.topics.definition import Definition, Part
from streams.topics.murmur2 import Partitions, part_of, partition_of

ResultFormat = Literal["avro", "json"]

SEPARATORS: Final[dict[Part, bytes | None]] = {
    "whole": None,
    "before-first-pipe": b"|",
    "before-first-colon": b":",
}


class TopicProblem(SettingsProblem):
    """Topics, their files or the registry do not fit; says what and how to mend it."""


class RegistryAway(TopicProblem):
    """The registry does not answer at the start: an outage, as far as anybody can tell, so it is tried again."""


class Topic:
    """One topic of this installation."""

    def __init__(
        self,
        definition: Definition,
        full_name: str,
        partitions: int,
        result_format: ResultFormat,
        registry: Registry | None,
    ) -> None:
        self.definition = definition
        self.name = definition.name
        self.full_name = full_name
        self.partitions = partitions
        self.entity_is_key = definition.entity == "whole"
        """``entity_of`` may be left out."""
        self.entity_of: Callable[[bytes], bytes] = part_of(SEPARATORS[definition.entity])
        """The part of a key that names what a step is about."""
        self.partition_of: Callable[[bytes], int] = partition_of(SEPARATORS[definition.routing], Partitions(partitions))
        """Where a key belongs: Kafka's default hash of its routing part."""
        self._result_format = result_format
        self.registry = registry

    @property
    def tombstones(self) -> bool:
        """A record without value is legal here."""
        return self.definition.tombstones

    @property
    def subject(self) -> str:
        """Under which its schema is registered."""
        return f"{self.full_name}-value"

    @cached_property
    def codec(self) -> Codec:
        """Reads and writes its values."""
        name = self.definition.schema_name
        if name is None:
            return RawCodec()
        as_json = self.definition.result and self._result_format == "json"
        accepts_json = as_json or "json" in self.definition.formats
        records = importlib.import_module(f"streams.records.{name}")
        contract = Contract(records, text_of(name), releases(name), accepts_json)
        if as_json:
            return TopicCodec(contract, self.registry, SINGLE_OBJECT + records.FINGERPRINT).writing_json()
        return TopicCodec(contract, self.registry, self._prefix(contract))

    def _prefix(self, contract: Contract) -> bytes:
        if self.registry is None:
            return SINGLE_OBJECT + bytes(contract.records.FINGERPRINT)
        try:
            number = self.registry.id_of(self.subject, contract.text)
        except (RegistryUnavailable, RegistryRefused) as error:
            problem = RegistryAway if isinstance(error, RegistryUnavailable) else TopicProblem
            raise problem(f"TTS_REGISTRY_URL: {error}; check the address, the network and the rights") from error
        if number is None:
            raise TopicProblem(
                f"the schema of topic {self.full_name} is not registered under {self.subject}: "
                "run `streams schemas register`"
            )
        return CONFLUENT + number.to_bytes(4, "big")

    @property
    def decode(self) -> Callable[[bytes], Any]:
        """``codec.decode``."""
        return self.codec.decode

    @property
    def encode(self) -> Callable[[Any], bytes]:
        """``codec.encode``."""
        return self.codec.encode

    def __repr__(self) -> str:
        return f"Topic({self.full_name!r}, partitions={self.partitions})"


class Catalog(Mapping[str, Topic]):
    """All topics by short name."""

    def __init__(self, topics: Mapping[str, Topic]) -> None:
        self._topics = dict(topics)

    def __getitem__(self, name: str) -> Topic:
        try:
            return self._topics[name]
        except KeyError:
            raise KeyError(
                f"no topic {name!r} in schemas/topics; there are {', '.join(sorted(self._topics))}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._topics)

    def __len__(self) -> int:
        return len(self._topics)


def load(
    *,
    prefix: str = "tts.",
    names: Mapping[str, str] | None = None,
    partitions: Mapping[str, int] | None = None,
    result_format: ResultFormat = "avro",
    registry: Registry | None = None,
) -> Catalog:
    """The catalog; ``names`` and ``partitions`` override by short name (``partitions`` also by class)."""
    defined = definitions()
    names = names or {}
    sizes: dict[str, int] = {"sku": 8, "market": 4, **(partitions or {})}
    _refuse_unknown("TTS_TOPIC_NAMES", names, defined)
    _refuse_unknown("partitions", partitions or {}, {**defined, "sku": 0, "market": 0})
    topics = {
        name: Topic(one, names.get(name, prefix + name), _size(one, sizes), result_format, registry)
        for name, one in defined.items()
    }
    _refuse_same_names(topics)
    return Catalog(topics)


@cache
def definitions(folder: Path = SCHEMAS / "topics") -> Mapping[str, Definition]:
    """What the YAML files say, by short name."""
    found = {path.stem: read_definition(path) for path in sorted(folder.glob("*.yaml"))}
    if not found:
        raise TopicProblem(f"{folder} has no topics: the installation is not complete")
    return found


def read_definition(path: Path) -> Definition:
    """One YAML file, checked."""
    try:
        definition = Definition.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise TopicProblem(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors())
        raise TopicProblem(f"{path}: {'; '.join(faults)}") from None
    if definition.name != path.stem:
        raise TopicProblem(f"{path}: name: {definition.name!r} is not the file's name")
    return definition


def _size(definition: Definition, sizes: Mapping[str, int]) -> int:
    """An own size; the size of the class; the number in the file."""
    if definition.name in sizes:
        return sizes[definition.name]
    return sizes[definition.partitions] if isinstance(definition.partitions, str) else definition.partitions


def _refuse_unknown(setting: str, given: Mapping[str, object], known: Mapping[str, object]) -> None:
    for name in given:
        if name not in known:
            raise TopicProblem(f"{setting}: no topic {name!r}; there are {', '.join(sorted(known))}")


def _refuse_same_names(topics: Mapping[str, Topic]) -> None:
    seen: dict[str, str] = {}
    for topic in topics.values():
        other = seen.setdefault(topic.full_name, topic.name)
        if other != topic.name:
            raise TopicProblem(f"TTS_TOPIC_NAMES: {topic.name} and {other} are both called {topic.full_name!r}")
