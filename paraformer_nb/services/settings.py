"""Settings from outside the program: the environment and files of the vendor's SDK, 2.x and 1.x.

In this order: variables of 2.x, variables of 1.x, ``~/.dashscope/config.toml`` (or the file in DASHSCOPE_CONFIG), and
for the key the file of 1.x. An empty value counts as none.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import NamedTuple

from ..dashscope.redaction import Secret
from ..errors import ParameterError
from ..paths import expand

KEY_VARIABLE = "DASHSCOPE_API_KEY"
_VARIABLES = {
    "api_key": (KEY_VARIABLE,),
    "workspace": ("DASHSCOPE_WORKSPACE", "DASHSCOPE_WORKSPACE_ID"),
    "region": ("DASHSCOPE_REGION", "DASHSCOPE_API_REGION"),
    "url": ("DASHSCOPE_WEBSOCKET_BASE_URL",),
}
_CONFIG_VARIABLE, _CONFIG = "DASHSCOPE_CONFIG", "~/.dashscope/config.toml"
_KEY_FILE_VARIABLE, _KEY_FILE = "DASHSCOPE_API_KEY_FILE_PATH", "~/.dashscope/api_key"


class Location(NamedTuple):
    """Where to connect; None: not set."""

    url: str | None
    region: str | None
    workspace: str | None


def known_location() -> Location:
    """The URL, region and workspace of the environment and the SDK's file. Raises ParameterError for a broken file."""
    workspace = _find("workspace")
    url = _variable("url")
    if url and "{workspace_id}" in url:  # as SDK 1.x writes it
        if not workspace:
            raise ParameterError(
                "DASHSCOPE_WEBSOCKET_BASE_URL has {workspace_id} in it, and no workspace is known: set "
                "DASHSCOPE_WORKSPACE. Nothing was sent."
            )
        url = url.replace("{workspace_id}", workspace)
    return Location(url, _find("region"), workspace)


def outside_key() -> Secret | None:
    """The key of the environment and the SDK's files, or None. Raises ParameterError for a broken file."""
    key = _find("api_key") or _key_file()
    return Secret(key) if key else None


def _find(name: str) -> str | None:
    return _variable(name) or _from_file(name)


def _variable(name: str) -> str | None:
    values = (os.environ.get(variable) for variable in _VARIABLES[name])
    return next(filter(None, values), None)


def _from_file(name: str) -> str | None:
    """A text of the SDK's configuration file. Never raises with the file's contents: they may hold the key."""
    path = expand(os.environ.get(_CONFIG_VARIABLE) or _CONFIG)
    try:
        with path.open("rb") as file:
            settings = tomllib.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        problem = "is not valid TOML"
    else:
        value = settings.get(name, "")
        if isinstance(value, str):
            return value or None
        problem = f"has a value for {name} that is not a text in quotes"
    raise ParameterError(f"the settings file {str(path)!r} {problem}: correct or remove it. Nothing was sent.")


def _key_file() -> str | None:
    path: Path = expand(os.environ.get(_KEY_FILE_VARIABLE) or _KEY_FILE)
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        problem = "is not a text"
    raise ParameterError(f"the key file {str(path)!r} {problem}: correct or remove it. Nothing was sent.")
