"""The addresses of model files on the hubs, with the variables that users of the hubs set."""

from __future__ import annotations

import os
import re

from ..errors import ParameterError
from .table import Repository

HUGGING_FACE = ("https://huggingface.co", "https://hf-mirror.com")
MODELSCOPE = "https://modelscope.cn"
VARIABLES = {"huggingface": "HF_ENDPOINT", "modelscope": "MODELSCOPE_DOMAIN"}
"""The variable that names another host of a hub."""
_TRUE = {"1", "ON", "YES", "TRUE"}  # as huggingface_hub reads its variables


def offline_variables() -> list[str]:
    """The variables with which the user has forbidden the hubs' clients to use the network."""
    return [name for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if _is_set(name)]


def is_quiet() -> bool:
    """Whether the user has switched progress bars off."""
    return _is_set("HF_HUB_DISABLE_PROGRESS_BARS")


def addresses(repository: Repository, file: str) -> list[str]:
    """The addresses of a file, in the order in which they are tried.

    `HF_ENDPOINT` stands instead of Hugging Face and its mirror, `MODELSCOPE_DOMAIN` instead of modelscope.cn: who sets
    them may be allowed to reach nothing else. Raises ParameterError if one of them is not an address.
    """
    if repository.hub == "huggingface":
        given = os.environ.get("HF_ENDPOINT")
        hosts = (_host("HF_ENDPOINT", given),) if given else HUGGING_FACE
        return [f"{host}/{repository.id}/resolve/{repository.revision}/{file}" for host in hosts]
    domain = os.environ.get("MODELSCOPE_DOMAIN") or MODELSCOPE
    host = _host("MODELSCOPE_DOMAIN", domain if "://" in domain else f"https://{domain}")
    return [
        f"{host}/models/{repository.id}/resolve/{repository.revision}/{file}",
        f"{host}/api/v1/models/{repository.id}/repo?Revision={repository.revision}&FilePath={file}",
    ]


def _host(variable: str, given: str) -> str:
    """The address of a host without its last slash. Raises ParameterError if it is none."""
    if not re.match(r"https?://[^/]", given):
        raise ParameterError(f"{variable}={given!r} must begin with http:// or https://, before the host's name.")
    return given.rstrip("/")


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").upper() in _TRUE
