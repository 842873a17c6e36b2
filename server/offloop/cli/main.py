"""The command line as a whole: options in, exit code out, whatever happens between."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from offloop.cli.arguments import parser
from offloop.cli.engine import ENGINE, Engine
from offloop.cli.version import version

ABNORMAL = 2


def main(arguments: Sequence[str] | None = None, engine: Engine = ENGINE) -> int:
    """Run one command and return its exit code: 0 clean, 1 findings, 2 anything abnormal."""
    _tolerate_any_character()
    try:
        options = parser().parse_args(arguments)
        code = _run(options, engine)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read our output has gone; a second failure at exit would only add noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ABNORMAL
    except KeyboardInterrupt:
        print("offloop: interrupted", file=sys.stderr)
        return ABNORMAL
    except Exception:  # noqa: BLE001 - a fault of ours must not look like a clean run
        print(f"offloop: internal error\n{traceback.format_exc()}", file=sys.stderr)
        return ABNORMAL
    return code


def _run(options: argparse.Namespace, engine: Engine) -> int:
    from offloop.cli.prepare import AbortError  # noqa: PLC0415 - --version and --help are at once

    if options.version:
        print(f"offloop {version()}")
        return 0
    if options.command is None:
        parser().print_help()
        return ABNORMAL
    try:
        return _command(options, engine)
    except AbortError as error:
        print(f"offloop: {error}", file=sys.stderr)
        return error.code


def _command(options: argparse.Namespace, engine: Engine) -> int:
    name = options.command
    if name == "check":
        from offloop.cli.check import check  # noqa: PLC0415 - each command loads its own

        return check(options, engine)
    if name == "contexts":
        from offloop.cli.contexts import contexts  # noqa: PLC0415

        return contexts(options, engine)
    if name == "catalog":
        from offloop.cli.catalog import catalog  # noqa: PLC0415

        return catalog(options, engine)
    if name == "editor":
        from offloop.cli.editor import editor  # noqa: PLC0415

        return editor(options)
    from offloop.cli.explain import explain, list_rules  # noqa: PLC0415

    return explain(options, engine) if name == "explain" else list_rules(options, engine)


def _tolerate_any_character() -> None:
    """Keep a narrow terminal encoding from turning an odd source line into a crash."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
