"""Free ports, and who holds one that is not.

Ports are picked below the range the kernel gives to outgoing connections, so that nobody takes them by chance
between the check and the broker's start.
"""

from __future__ import annotations

import errno
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"
PICKED_FROM = range(20_000, 32_000)


class PortTaken(RuntimeError):
    """Names the port, its owner and the remedy."""


def is_free(port: int, host: str = HOST) -> bool:
    """Nobody listens there, and we may."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    with socket.socket() as caller:  # somebody may listen on all addresses, which a bind to one of them does not see
        caller.settimeout(1)
        return caller.connect_ex((host, port)) != 0


def free_ports(count: int, chance: random.Random) -> tuple[int, ...]:
    """That many different free ports."""
    ports: list[int] = []
    for port in chance.sample(PICKED_FROM, len(PICKED_FROM)):
        if is_free(port):
            ports.append(port)
        if len(ports) == count:
            return tuple(ports)
    raise PortTaken(f"no {count} free ports between {PICKED_FROM.start} and {PICKED_FROM.stop}")


def require_free(port: int) -> None:
    """PortTaken, with the owner's name, when somebody listens there."""
    if not is_free(port):
        owner = owner_of(port) or "a process that this user cannot see"
        raise PortTaken(f"port {port} is taken by {owner}; stop it or choose another port with KAFKA_PORT")


def owner_of(port: int) -> str | None:
    """Process that listens on the port, such as "pid 4711 (java)"; None when it cannot be told."""
    pid = listening_pid(port)
    return None if pid is None else f"pid {pid} ({_name(pid)})"


def listening_pid(port: int) -> int | None:
    """The id of the process that listens on the port, as far as this user may see it."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if any(os.readlink(link) in sockets for link in (entry / "fd").iterdir()):
                return int(entry.name)
        except OSError:
            continue  # ended meanwhile, or not ours to read
    return None


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "?"


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
