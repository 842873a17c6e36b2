"""The command line's options."""

from __future__ import annotations

import argparse

from offloop.cli.baseline import DEFAULT_NAME
from offloop.cli.editor import FILES

_FORMATS = ("full", "concise", "json", "json-lines", "github", "gitlab", "junit", "sarif", "pylint")


def parser() -> argparse.ArgumentParser:
    """Return the parser; the chosen command is ``command`` of its result."""
    top = argparse.ArgumentParser(
        prog="offloop",
        description="Finds Home Assistant thread-safety bugs before they run.",
        epilog="Exit codes: 0 clean, 1 findings, 2 anything abnormal.",
    )
    top.add_argument("--version", action="store_true", help="print offloop's version and end")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _check(commands.add_parser("check", help="find bugs in files and folders, and mend them"))
    _contexts(commands.add_parser("contexts", help="show where each function runs, and why"))
    _explain(commands.add_parser("explain", help="explain a rule"))
    _with_text_or_json(commands.add_parser("rules", help="list all rules"))
    _catalog(commands.add_parser("catalog", help="show what a Home Assistant release says about threads"))
    _editor(commands.add_parser("editor", help="print what brings offloop into an editor"))
    # Only for this help: the server has its own options (offloop server --help).
    commands.add_parser("server", help="run the language server", add_help=False)
    return top


def _check(parser: argparse.ArgumentParser) -> None:
    _paths(parser)
    _output(parser)
    rules = parser.add_argument_group("rules")
    for name, text in (
        ("select", "only these rules: codes, prefixes of codes or names, separated by commas"),
        ("ignore", "without these rules"),
        ("extend-select", "these rules besides the selected ones"),
    ):
        rules.add_argument(f"--{name}", action="append", metavar="RULES", help=text)
    _mending(parser.add_argument_group("mending"))
    known = parser.add_argument_group("known findings")
    known.add_argument("--baseline", metavar="FILE", help="do not report the findings of this file")
    known.add_argument(
        "--write-baseline",
        action="store_true",
        help=f"write all findings to the baseline (default: {DEFAULT_NAME}) and end",
    )
    _sources(parser)
    _running(parser)


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files, integrations, folders with custom_components/, or Home Assistant's own sources "
        "(default: the working folder); - reads a file from standard input",
    )


def _output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("output")
    output.add_argument("--output-format", choices=_FORMATS, default="full", metavar="FORMAT", help=_listed())
    output.add_argument("--output-file", metavar="FILE", help="write findings there, not to standard output")
    output.add_argument("--statistics", action="store_true", help="count the findings of each rule instead")
    output.add_argument("--exit-zero", action="store_true", help="end with 0 even where there are findings")
    _colour(output)


def _listed() -> str:
    return f"one of {', '.join(_FORMATS)} (default: full)"


def _colour(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)"
    )


def _mending(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--fix", action="store_true", help="apply safe fixes")
    group.add_argument(
        "--unsafe-fixes",
        action="store_true",
        default=None,
        help="apply fixes that may change what the code does, too",
    )
    group.add_argument("--diff", action="store_true", help="show what --fix would change and write nothing")


def _sources(parser: argparse.ArgumentParser) -> None:
    sources = parser.add_argument_group("sources and settings")
    sources.add_argument(
        "--home-assistant",
        metavar="PATH|VERSION",
        help="a folder that holds homeassistant/, or a version whose catalog is bundled",
    )
    sources.add_argument(
        "--python",
        metavar="PATH",
        help="interpreter, virtual environment or folder whose packages hold the requirements",
    )
    sources.add_argument(
        "--config", metavar="FILE", help="the settings file (pyproject.toml or offloop.toml)"
    )
    sources.add_argument("--isolated", action="store_true", help="read no settings file")
    sources.add_argument(
        "--exclude", action="append", metavar="GLOBS", help="leave out these files and folders"
    )
    sources.add_argument(
        "--force-exclude", action="store_true", help="leave out excluded paths even where they are named"
    )
    sources.add_argument("--stdin-filename", metavar="FILE", help="the name of the file on standard input")


def _running(parser: argparse.ArgumentParser) -> None:
    running = parser.add_argument_group("running")
    running.add_argument("--jobs", type=_positive, metavar="N", help="processes (default: by need)")
    running.add_argument("--no-progress", action="store_true", help="show no progress")
    running.add_argument("--no-cache", action="store_true", help="neither read nor write caches")


def _contexts(parser: argparse.ArgumentParser) -> None:
    _paths(parser)
    group = _with_text_or_json(parser)
    group.add_argument("--output-file", metavar="FILE", help="write there, not to standard output")
    _colour(group)
    _sources(parser)
    _running(parser)


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="code or name of a rule, such as HAT101")


def _catalog(parser: argparse.ArgumentParser) -> None:
    group = _with_text_or_json(parser)
    group.add_argument(
        "--diff",
        nargs=2,
        metavar=("OLD", "NEW"),
        help="what changed between two releases (paths or versions)",
    )
    _sources(parser)
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write caches")


def _editor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("editor", choices=tuple(FILES), metavar="EDITOR", help=f"one of {', '.join(FILES)}")
    parser.add_argument("--path", action="store_true", help="print only where the file lies")


def _with_text_or_json(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("output")
    group.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    return group


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
