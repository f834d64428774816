"""``paraformer-nb transcribe``: print the words of clips as they become final."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import AudioError, ParameterError
from ..run.start import transcribe
from .arguments import (
    Commands,
    add_file,
    add_pairs,
    add_run_options,
    clip_of,
    output_paths,
    parse_extra,
    parse_parameters,
    paths_of,
    run_options,
)
from .exit_codes import DONE, INCOMPLETE
from .progress import follow
from .streams import check_stdout, message

_PLAIN = "model", "start", "end", "channel", "speaker"  # arguments of `pnb.transcribe`


def add_to(commands: Commands) -> None:
    """Add ``transcribe`` to the commands."""
    parser = commands.add_parser("transcribe", help="transcribe clips, and print their words as they become final")
    add_options(parser)
    parser.set_defaults(run=_run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``transcribe``, which the magic of that name has as well."""
    add_file(parser, "files", metavar="FILE", nargs="+", help="a clip; - is stdin")
    parser.add_argument("--model", help="the service's name for it (default: the service's default)")
    parser.add_argument(
        "--language", action="append", metavar="CODE", help="what is spoken, such as en; may be given several times"
    )
    parser.add_argument("--start", type=float, help="seconds at which to start")
    parser.add_argument("--end", type=float, help="seconds at which to end")
    parser.add_argument("--channel", type=int, help="the channel to recognise, counted from 0 (default: all, mixed)")
    parser.add_argument("--speaker", help="the name of who speaks, where the service names no speaker")
    add_pairs(parser, "--param", help="a parameter of the service, such as max_sentence_silence=500")
    add_pairs(parser, "--extra", help="a parameter that this version does not know, sent unchecked")
    add_file(parser, "--save", metavar="FILE.jsonl", help="keep the run's journal; {name} stands for the clip's name")
    add_run_options(parser)


def transcribe_options(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `pnb.transcribe` that the options give."""
    given = parse_parameters(options.param)
    given["extra"] = parse_extra(options.extra)
    if options.language:
        given["language_hints"] = options.language
    return run_options(options) | given | {name: getattr(options, name) for name in _PLAIN}


def _run(options: argparse.Namespace) -> int:
    arguments = transcribe_options(options)
    clips = options.files
    if clips.count("-") > 1:
        raise ParameterError("- is given more than once, and stdin can be read only once. Give it once.")
    files = output_paths(options.output, clips)
    journals = paths_of("--save", options.save, clips) if options.save else [None] * len(clips)
    for own_files in files:
        check_stdout(own_files)
    failed, is_whole = 0, True
    for clip, own_files, journal in zip(clips, files, journals, strict=True):
        try:
            run = transcribe(clip_of(clip), save=journal, **arguments)
            name = clip if len(clips) > 1 else None
            is_whole = follow(run, as_json=options.json, outputs=own_files, name=name) and is_whole
        except AudioError as error:
            if len(clips) == 1:
                raise
            message(str(error))  # the other clips may be readable
            failed += 1
    if failed:
        raise AudioError(f"{failed} of {len(clips)} clips could not be read.")
    return DONE if is_whole else INCOMPLETE
