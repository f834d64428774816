"""What of a model is on this machine, and why a download of it ended, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelFilesError
from .addresses import VARIABLES
from .table import Model, ModelFile
from .verification import fault_of

if TYPE_CHECKING:
    from .download import Refusal
    from .progress import Progress

_IMPORT = "copy the files from another machine and use: paraformer-nb models import FOLDER"


def format_size(size: float) -> str:
    """A number of bytes in the unit that shows it.

    Example:
        >>> format_size(165_462_184), format_size(75_756), format_size(12)
        ('165.5 MB', '75.8 kB', '12 bytes')
    """
    if size < 1000:
        return f"{size:.0f} bytes"
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"


def state_of(model: Model, folder: Path) -> str:
    """Which files of a model are complete in a folder, and which are kept in part, as a clause; ``""`` if none is."""
    complete = [file.name for file in model.files if fault_of(file, folder / file.name) is None]
    wanted = (*model.files, *([model.archive_file] if model.archive_file else []))
    kept = [(file, _size(folder / f"{file.name}.part")) for file in wanted if file.name not in complete]
    clauses = [f"{' and '.join(complete)} {'are' if len(complete) > 1 else 'is'} complete"] if complete else []
    clauses += [f"{size:,} of {file.size:,} bytes of {file.name} are kept" for file, size in kept if size]
    return ", ".join(clauses)


@contextmanager
def reporting_stop(model: Model, folder: Path, progress: Progress, continues: str) -> Iterator[None]:
    """Print after an interrupt what is kept. `continues`: what the same command does next."""
    try:
        yield
    except KeyboardInterrupt:
        state = state_of(model, folder)
        kept = f"{state}; the same command {continues}" if state else "Nothing of it was there yet"
        progress.message(f"Stopped. {kept}.")
        raise


def failure(model: Model, folder: Path, file: ModelFile, refusals: Sequence[Refusal]) -> ModelFilesError:
    """The error of a file that no address gave; its notes have a line for each host."""
    reasons: dict[str, dict[str, None]] = {}
    for refusal in refusals:
        reasons.setdefault(refusal.host, {})[refusal.reason] = None
    state = state_of(model, folder) or "Nothing of it is kept"
    if _size(folder / f"{file.name}.part"):
        if any(each.is_temporary and each.has_ranges for each in refusals):
            state += ": the same command continues there"
        else:
            state += f", but no host continues a download: the same command gets {file.name} from its beginning"
    variables = list(dict.fromkeys(VARIABLES[repository.hub] for repository in model.repositories))
    if any(each.is_temporary for each in refusals):
        advice = f"Try again later. Behind a firewall, set {', '.join(variables)} or https_proxy, or {_IMPORT}"
    else:
        advice = (
            "Trying again does not help, because no host gives the file as it was published. Set "
            f"{' or '.join(variables)} to a host that does, or {_IMPORT}"
        )
    error = ModelFilesError(f"{file.name} could not be downloaded from {', '.join(reasons)}. {state}. {advice}.")
    for host, clauses in reasons.items():
        error.add_note(f"{host}: {'; '.join(clauses)}")
    return error


def offline_failure(model: Model, state: str, variables: Sequence[str]) -> ModelFilesError:
    """The error of a model that may not be downloaded; `state`: what of it is there."""
    forbids = f"{' and '.join(variables)} {'forbid' if len(variables) > 1 else 'forbids'} using the network"
    return ModelFilesError(f"{state}, and {forbids}. Unset {'them' if len(variables) > 1 else 'it'}, or {_IMPORT}.")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it is missing, or its folder cannot be read
        return 0
