"""``offloop server``: the process around one language server."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

from offloop.lsp.connection import converse_stdio, converse_tcp
from offloop.lsp.engine import Workshop
from offloop.lsp.features import register
from offloop.lsp.host import Host

_SWITCH_SECONDS = 0.001
"""How long the analysis may keep the loop's thread waiting for the interpreter; Python's own 5 ms add up."""


def main(argv: Sequence[str] | None = None, workshop: Workshop | None = None) -> int:
    """Serve one client and return the exit code: 0 after ``shutdown``, else 1.

    Raises SystemExit for wrong options.
    """
    options = _parser().parse_args(argv)
    if workshop is None:
        from offloop.lsp.workshop import LocalWorkshop  # noqa: PLC0415 - tests need not load it

        workshop = LocalWorkshop()
    _quiet()
    share_the_interpreter()
    host = Host(_version(), workshop)
    register(host)
    try:
        if options.tcp:
            return asyncio.run(converse_tcp(host.protocol, options.host, options.port, _announce))
        source, sink = _claim_stdio()
        return asyncio.run(converse_stdio(host.protocol, source, sink))
    except KeyboardInterrupt:
        return 1
    finally:
        host.session.close()


def share_the_interpreter() -> None:
    """Let the analysis keep the loop's thread waiting as little as can be.

    A garbage collection would stop both at any time: the analysis thread makes one when there is nothing to do.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.disable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="offloop server", description="Run the language server.")
    parser.add_argument(
        "--stdio", action="store_true", help="serve on standard input and output (the default)"
    )
    parser.add_argument("--tcp", action="store_true", help="wait for one client on a TCP port")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on (default: any, said on stderr)"
    )
    return parser


def _claim_stdio() -> tuple[int, int]:
    """Take stdin and stdout for the protocol alone.

    What anyone else reads is empty, what they print goes to stderr.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


def _quiet() -> None:
    """Keep libraries off stderr: editors show each line there as an error."""
    root = logging.getLogger()
    root.addHandler(logging.NullHandler())
    logging.getLogger("pygls").setLevel(logging.CRITICAL)


def _announce(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _version() -> str:
    try:
        return installed_version("offloop")
    except PackageNotFoundError:
        return "0"
