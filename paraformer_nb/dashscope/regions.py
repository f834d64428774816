"""The vendor's regions: which hosts serve one, and which region a host is in. Source: the vendor's SDK 2.0.2."""

from __future__ import annotations

import re

BEIJING, SINGAPORE = "cn-beijing", "ap-southeast-1"

REGIONS = (BEIJING, SINGAPORE, "cn-hongkong", "us-east-1", "eu-central-1", "ap-northeast-1")

_SHARED_HOSTS = {
    BEIJING: "dashscope.aliyuncs.com",
    "cn-hongkong": "cn-hongkong.dashscope.aliyuncs.com",
}
_INTERNATIONAL = "dashscope-intl.aliyuncs.com"  # for every other region; in Singapore
_REGIONS_OF_SHARED_HOSTS = {host: region for region, host in _SHARED_HOSTS.items()} | {_INTERNATIONAL: SINGAPORE}
_WORKSPACE_HOST = re.compile(r"[\w-]+\.(?P<region>[\w-]+)\.maas\.aliyuncs\.com")


def host_of(region: str, workspace: str | None) -> str:
    """The host of a region: the workspace's own, or the shared one without a workspace."""
    if workspace:
        return f"{workspace}.{region}.maas.aliyuncs.com"
    return _SHARED_HOSTS.get(region, _INTERNATIONAL)


def region_of(host: str) -> str | None:
    """The region that a host (with or without a port) is in; None for a host that is not known."""
    host = host.partition(":")[0].lower()
    match = _WORKSPACE_HOST.fullmatch(host)
    region = match["region"] if match else _REGIONS_OF_SHARED_HOSTS.get(host)
    return region if region in REGIONS else None
