"""A network of the tests' own: two namespaces with a router between them that delays, drops and queues packets.

Nothing of it outlives the process, however that ends: the namespaces have no names, and TUN devices go with them.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Self

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
_QUEUE = 256 * 1024  # bytes: the deep queue of a home router
_PREFIX = "10.77.2"  # of the servers' addresses
_libc = ctypes.CDLL(None, use_errno=True)


def reason_to_skip() -> str:
    """Why there can be no such network here, or ``""``."""
    if not Path("/dev/net/tun").exists():
        return "this system has no TUN devices"
    return "" if os.geteuid() == 0 else "network namespaces need root"


@dataclass
class Link:
    """One direction of a path. It may be changed at any time."""

    delay: float = 0.0
    """Seconds."""
    jitter: float = 0.0
    """Seconds by which a packet may be later at random; so packets overtake each other."""
    loss: float = 0.0
    """The share of packets that are dropped."""
    rate: float | None = None
    """Bits a second."""
    is_blocked: bool = False
    """Whether every packet is dropped, as in a black hole."""
    free: float = field(default=0.0, repr=False)
    """When the last queued packet will have been sent, on the monotonic clock."""

    def departure(self, now: float, size: int, random: Random) -> float | None:
        """When a packet that enters now leaves; None where it is dropped."""
        if self.is_blocked or random.random() < self.loss:
            return None
        leaves = now
        if self.rate:
            if (self.free - now) * self.rate / 8 > _QUEUE:
                return None
            leaves = self.free = max(now, self.free) + size * 8 / self.rate
        return leaves + self.delay + random.random() * self.jitter


@dataclass
class NetworkPath:
    """The way from the client to one server address and back."""

    address: str
    up: Link = field(default_factory=Link)
    down: Link = field(default_factory=Link)
    ports: set[bytes] = field(default_factory=set, repr=False)
    """The client's ports that were seen."""
    forgotten: set[bytes] = field(default_factory=set, repr=False)

    def block(self, is_blocked: bool = True) -> None:
        """Begin or end a black hole."""
        self.up.is_blocked = self.down.is_blocked = is_blocked

    def forget_connections(self) -> None:
        """Drop everything of today's connections from now on, as a NAT does that has lost its table."""
        self.forgotten |= self.ports


class Namespace:
    """A network namespace with one TUN device; `fd` is the router's end of it."""

    def __init__(self, *commands: str) -> None:
        """`commands`: of `ip`, run in it."""
        self.fd = -1
        self._namespace = -1
        self._error: Exception | None = None
        thread = threading.Thread(target=self._create, args=(commands,))  # its own namespace ends with it
        thread.start()
        thread.join()
        if self._error:
            self.close()
            raise self._error

    def enter(self) -> None:
        """Move the calling thread into the namespace."""
        _enter(self._namespace)

    def close(self) -> None:
        """Remove the namespace and its device."""
        for fd in (self.fd, self._namespace):
            if fd >= 0:
                os.close(fd)

    def _create(self, commands: tuple[str, ...]) -> None:
        try:
            _check(_libc.unshare(_CLONE_NEWNET))
            self._namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, _TUNSETIFF, struct.pack("16sH22x", b"tun0", _IFF_TUN_WITHOUT_HEADER))
            for command in ("link set lo up", "link set tun0 up", *commands):
                subprocess.run(["ip", *command.split()], check=True)
        except Exception as error:  # noqa: BLE001 - raised by the constructor
            self._error = error


def original_namespace() -> int:
    """A descriptor of the process's own namespace, for `leave`."""
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def leave(original: int) -> None:
    """Move the calling thread back to it."""
    _enter(original)


def _enter(namespace: int) -> None:
    _check(_libc.setns(namespace, _CLONE_NEWNET))


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Network:
    """The client's namespace, the servers', and the router between."""

    def __init__(self, seed: int = 0) -> None:
        self.client = Namespace("addr add 10.77.1.1/32 dev tun0", "route add default dev tun0")
        self.servers = Namespace(f"route add local {_PREFIX}.0/24 dev lo", "route add default dev tun0")
        self.packets = 0
        self.dropped = 0
        self._paths: dict[int, NetworkPath] = {}
        self._random = Random(seed)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._route, name="router")

    def path(self) -> NetworkPath:
        """A new path to an address of its own."""
        number = len(self._paths) + 1
        self._paths[number] = path = NetworkPath(f"{_PREFIX}.{number}")
        return path

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(5)
        self.client.close()
        self.servers.close()

    def _route(self) -> None:
        due: list[tuple[float, int, int, bytes]] = []  # when, number, to which device, packet
        other = {self.client.fd: self.servers.fd, self.servers.fd: self.client.fd}
        while not self._is_over.is_set():
            wait = max(0.0, min(0.05, due[0][0] - time.monotonic())) if due else 0.05
            readable, _, _ = select.select(list(other), [], [], wait)
            for fd in readable:
                packet = os.read(fd, 65_536)
                self.packets += 1
                leaves = self._departure(packet, is_up=fd == self.client.fd)
                if leaves is None:
                    self.dropped += 1
                else:
                    heapq.heappush(due, (leaves, self.packets, other[fd], packet))
            while due and due[0][0] <= time.monotonic():
                _, _, fd, packet = heapq.heappop(due)
                os.write(fd, packet)

    def _departure(self, packet: bytes, *, is_up: bool) -> float | None:
        if packet[0] >> 4 != 4:
            return None
        path = self._paths.get(packet[19] if is_up else packet[15])  # the last byte of the server's address
        if path is None:
            return None
        port = packet[20:22] if is_up else packet[22:24]
        path.ports.add(port)
        if port in path.forgotten:
            return None
        link = path.up if is_up else path.down
        return link.departure(time.monotonic(), len(packet), self._random)
