"""How clients reach the broker: in the clear, or by TLS with passwords (SCRAM) and with certificates.

``TlsScram`` makes its own authority, good for this one folder.  Certificates, keys and passwords lie in files that
only this user may read; none of them is ever an argument of a command.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

HOST = "127.0.0.1"
MECHANISM = "SCRAM-SHA-512"
ADMIN = "admin"
"""The user who may do everything."""
BROKER = "broker"
"""Name in the broker's own certificate."""
CLIENT = "client"
"""Name in the certificate for clients of the mutual TLS listener; may do everything too."""


class Security(Protocol):
    """What a broker must be told, and what its clients must say."""

    def ports(self) -> int:
        """How many ports the listeners need, the controller's included; clients' first, the controller's last."""

    def prepare(self, folder: Path) -> None:
        """Writes what must lie on disk before the broker starts; keeps what lies there already."""

    def lines(self, folder: Path, ports: tuple[int, ...]) -> Mapping[str, str]:
        """The part of the broker's properties that is about listeners."""

    def format_arguments(self, folder: Path) -> tuple[str, ...]:
        """Arguments for formatting the storage; they go by file."""

    def client(self, folder: Path) -> Mapping[str, str]:
        """What a librdkafka client must set beside ``bootstrap.servers``."""


def listeners(**names: tuple[str, int]) -> dict[str, str]:
    """Properties of named listeners on this machine: each with its protocol and port."""
    addresses = ",".join(f"{name}://{HOST}:{port}" for name, (_, port) in names.items())
    return {
        "listeners": addresses,
        "advertised.listeners": addresses,
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, (protocol, _) in names.items()),
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.bootstrap.servers": f"{HOST}:{names['CONTROLLER'][1]}",
    }


@dataclass(frozen=True)
class Plaintext:
    """One listener without any protection, for this machine only."""

    def ports(self) -> int:
        return 2

    def prepare(self, folder: Path) -> None:
        return

    def lines(self, folder: Path, ports: tuple[int, ...]) -> Mapping[str, str]:
        names = listeners(CLIENT=("PLAINTEXT", ports[0]), CONTROLLER=("PLAINTEXT", ports[-1]))
        return names | {"inter.broker.listener.name": "CLIENT"}

    def format_arguments(self, folder: Path) -> tuple[str, ...]:
        return ()

    def client(self, folder: Path) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True)
class TlsScram:
    """Password users over TLS on the first port, client certificates on the second; rights by access lists.

    Nobody but the admin and the owner of the client certificate may do anything until an access list says so.
    """

    users: tuple[str, ...] = field(default=(ADMIN,))
    """Users with a password of their own; the first one is the one ``client`` speaks for."""

    def ports(self) -> int:
        return 3

    def prepare(self, folder: Path) -> None:
        private = folder / "private"
        private.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (private / "ca.pem").exists():
            _write_certificates(private)
        for user in self.users:
            if not (private / f"{user}.password").exists():
                write_private(private / f"{user}.password", secrets.token_urlsafe(24).encode())

    def lines(self, folder: Path, ports: tuple[int, ...]) -> Mapping[str, str]:
        private = folder / "private"
        names = listeners(SCRAM=("SASL_SSL", ports[0]), MUTUAL=("SSL", ports[1]), CONTROLLER=("SSL", ports[-1]))
        scram = MECHANISM.lower()
        return names | {
            "inter.broker.listener.name": "MUTUAL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(private / f"{BROKER}.both.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(private / "ca.pem"),
            "ssl.client.auth": "required",
            "listener.name.scram.ssl.client.auth": "none",
            "sasl.enabled.mechanisms": MECHANISM,
            f"listener.name.scram.{scram}.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ADMIN};User:{BROKER};User:{CLIENT}",
        }

    def format_arguments(self, folder: Path) -> tuple[str, ...]:
        given: list[str] = []
        for user in self.users:
            given += ["--add-scram", f"{MECHANISM}=[name={user},password={self.password(folder, user)}]"]
        return tuple(given)

    def client(self, folder: Path) -> Mapping[str, str]:
        return self.as_user(folder, self.users[0])

    def as_user(self, folder: Path, user: str) -> Mapping[str, str]:
        """Client settings of one password user, for the first port."""
        return {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(folder / "private" / "ca.pem"),
            "sasl.mechanism": MECHANISM,
            "sasl.username": user,
            "sasl.password": self.password(folder, user),
        }

    def with_certificate(self, folder: Path) -> Mapping[str, str]:
        """Client settings of the owner of the client certificate, for the second port."""
        private = folder / "private"
        return {
            "security.protocol": "SSL",
            "ssl.ca.location": str(private / "ca.pem"),
            "ssl.certificate.location": str(private / f"{CLIENT}.pem"),
            "ssl.key.location": str(private / f"{CLIENT}.key"),
        }

    def password(self, folder: Path, user: str) -> str:
        return (folder / "private" / f"{user}.password").read_text()


def write_private(path: Path, content: bytes) -> None:
    """A file that never was readable for anybody else, not even for a moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)


def _write_certificates(private: Path) -> None:
    import trustme  # only who starts a secure broker needs it

    authority = trustme.CA()
    for name in (BROKER, CLIENT):
        issued = authority.issue_cert(HOST, "localhost", common_name=name)
        key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
        pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # the only form Java reads
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        write_private(private / f"{name}.key", pkcs8)
        write_private(private / f"{name}.pem", chain)
        write_private(private / f"{name}.both.pem", pkcs8 + chain)
    write_private(private / "ca.pem", authority.cert_pem.bytes())
