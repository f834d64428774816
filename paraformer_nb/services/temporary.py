"""`temporary_key`: a key that ends by itself, for a class or a web page."""

from __future__ import annotations

from ..client.service import Service
from ..dashscope.redaction import Secret, is_key
from ..errors import ParameterError, RemoteProtocolError
from .default import service_or_default
from .http_api import post

LONGEST = 1800
"""Seconds; the vendor's limit."""


def temporary_key(seconds: int = 60, *, service: Service | None = None) -> Secret:
    """Make a temporary key, which may be given to others: it can do what your key can, and ends by itself.

    It is checked when a connection is made, so a run that has begun goes on after its key's end, until a disconnect.

    Args:
        seconds: 1 to 1800.
        service: whose key is used; default: as in `transcribe`. The embedded service makes such keys, too.

    Returns the key, a text beginning with ``st-`` whose repr hides it; ``print`` shows it.

    Raises:
        ParameterError: seconds out of range.
        ConnectionFailed, ServiceError: the service could not be reached, or refused.

    Example:
        >>> print(pnb.temporary_key(1800))  # doctest: +SKIP
        st-…
        >>> pnb.DashScope(api_key=lambda: pnb.temporary_key(60))  # doctest: +SKIP
    """
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 1 <= seconds <= LONGEST:
        raise ParameterError(f"seconds={seconds!r}: give a whole number from 1 to {LONGEST}. Nothing was sent.")
    token = post(service_or_default(service), "/tokens", expire_in_seconds=seconds).get("token")
    if not is_key(token):
        raise RemoteProtocolError("the service answered without a key. Try again.")
    return Secret(token)
