"""Which proxy a connection uses: the environment's, or the system's on Windows and macOS."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_KINDS = ("wss", "socks", "https", "all")  # as websockets, and all_proxy, which curl and requests know


def find_proxy(url: str) -> str | None:
    """The URL of the proxy for a service's URL; None: connect to it directly.

    Desktops write ``socks://host:port`` for SOCKS5, and people leave ``http://`` out; both are completed.
    """
    parts = urlsplit(url)
    if proxy_bypass(f"{parts.hostname}:{parts.port or 443}"):
        return None
    proxies = {kind: address.strip() for kind, address in getproxies().items()}
    kind = next((kind for kind in _KINDS if proxies.get(kind)), None)
    if kind is None:
        return None
    scheme, separator, rest = proxies[kind].partition("://")
    if not separator:
        return f"http://{scheme}"
    is_socks = scheme == "socks" or (kind == "socks" and scheme == "http")  # the second is how macOS's is given
    return f"{'socks5h' if is_socks else scheme}://{rest}"


def proxy_host(proxy: str | None) -> str:
    """The proxy's host and port, without the user and password; ``""`` without a proxy."""
    return (proxy or "").partition("://")[2].rpartition("@")[2].partition("/")[0]
