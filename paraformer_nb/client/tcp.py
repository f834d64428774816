"""A connection's send buffer, and how far the other side has acknowledged it, as the operating system reports it."""

from __future__ import annotations

import struct
import sys
from contextlib import suppress
from socket import IPPROTO_TCP, SO_SNDBUF, SOL_SOCKET
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket

WRITE_LIMIT = 8 * 1024
"""Bytes that may wait in this process for room in the kernel's buffer; then sending waits."""

# Bytes of the kernel's send buffer. Linux doubles what is asked for: about a second of 16 kHz audio. More would count
# audio as sent long before it is received, to be sent again after a disconnect, and delay pings and finish-task on a
# slow network. Loopback is never slow, and faster with more.
_NETWORK_BUFFER = 16 * 1024
_LOOPBACK_BUFFER = 32 * 1024
_UNSENT_LIMIT = 8 * 1024  # bytes in the kernel's buffer that are not on their way yet
_NOTSENT_LOWAT = {"linux": 25, "darwin": 0x201}.get(sys.platform)  # socket.TCP_NOTSENT_LOWAT, from Python 3.12 on
_TCP_INFO = 11  # socket.TCP_INFO, whose layout is the system's own
# Offsets in Linux's struct tcp_info: tcpi_bytes_acked (since 4.1) and tcpi_notsent_bytes (since 4.6).
_INFO = struct.Struct("=120xQ16xI")


class Progress(NamedTuple):
    """Bytes that the other side has acknowledged, that were written in all, and that were not sent yet."""

    acknowledged: int
    written: int
    unsent: int


def limit_send_buffer(sock: TransportSocket, *, is_loopback: bool) -> None:
    """Make the kernel's send buffer small. A connection that is closed already stays as it is."""
    if sock.fileno() < 0:
        return
    with suppress(OSError):  # reset by the other side meanwhile
        sock.setsockopt(SOL_SOCKET, SO_SNDBUF, _LOOPBACK_BUFFER if is_loopback else _NETWORK_BUFFER)
        if _NOTSENT_LOWAT is not None and not is_loopback:
            sock.setsockopt(IPPROTO_TCP, _NOTSENT_LOWAT, _UNSENT_LIMIT)


def send_progress(sock: TransportSocket) -> Progress | None:
    """How far the sending is; None where the system does not report it, or the connection is closed."""
    if sys.platform != "linux" or sock.fileno() < 0:
        return None
    import fcntl  # Windows has neither
    import termios

    try:
        queue = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))  # SIOCOUTQ: not acknowledged yet
        info = sock.getsockopt(IPPROTO_TCP, _TCP_INFO, _INFO.size)
    except OSError:
        return None
    if len(info) < _INFO.size:  # an older kernel
        return None
    acknowledged, unsent = _INFO.unpack(info)
    return Progress(acknowledged, acknowledged + int.from_bytes(queue, sys.byteorder), unsent)
