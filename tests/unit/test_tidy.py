"""What a reviewer would otherwise have to remember: layers, types, style, documents, sizes, names."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from offloop.rules.registry import RULES
from tests.mdtest.world import minihass_catalog

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "server"
PACKAGE = SERVER / "offloop"
MAX_LINES = 400
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "common", "base", "misc"}
TOP_LEVEL = {"pyproject.toml", "server", "vscode-client", "tests", "README.md", "LICENSE"}
# The folders whose code must learn every name of Home Assistant from the catalog.
KNOWLEDGE_FREE = ("rules", "inference", "resolve", "facts")
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com")
_MACHINE_PATH = re.compile(r"(?<![\w.$}/~*])/(?:home|root|Users|work|mnt)/\w")


def _run(*command: str) -> None:
    """Run a tool of the test environment in the checkout and fail with what it printed."""
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    if process.returncode:
        pytest.fail(f"{' '.join(command)}\n{process.stdout}{process.stderr}", pytrace=False)


def _tracked() -> list[str]:
    """Return the files that belong to the project, relative to its root."""
    try:
        process = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [name for name in process.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# ------------------------------------------------------------------ tools
def test_imports_point_downwards() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    _run(str(tool), "--no-cache")


def test_types() -> None:
    _run(sys.executable, "-m", "mypy")


def test_ruff_check() -> None:
    _run(sys.executable, "-m", "ruff", "check", "server", "tests")


def test_ruff_format() -> None:
    _run(sys.executable, "-m", "ruff", "format", "--check", "server", "tests")


# ------------------------------------------------------------------ rules
def test_every_rule_has_its_files() -> None:
    missing = []
    for rule in RULES:
        stem = rule.name.replace("-", "_")
        paths = [PACKAGE / "rules" / f"{stem}.py", PACKAGE / "rules" / f"{stem}.md"]
        paths.append(ROOT / "tests" / "mdtest" / "rules" / f"{rule.name}.md")
        missing += [f"{rule.code}: {_relative(path)}" for path in paths if not path.is_file()]
    assert not missing


def test_every_rule_document_has_its_headings() -> None:
    wanted = [
        "What it does",
        "Why it is bad",
        "When we consider it so",
        "Example",
        "Use instead",
        "Known limits",
    ]
    wrong = []
    for rule in RULES:
        path = PACKAGE / "rules" / f"{rule.name.replace('-', '_')}.md"
        found = re.findall(r"^## (.+?)\s*$", path.read_text(encoding="utf-8"), re.MULTILINE)
        if found != wanted:
            wrong.append(f"{_relative(path)}: {found}")
    assert not wrong


def test_rule_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_code_learns_names_from_the_catalog() -> None:
    catalog = minihass_catalog()
    dotted = [*catalog.loop_apis, *catalog.handoffs]
    dotted += [api.twin.name for api in catalog.loop_apis.values() if api.twin]
    dotted += [entry.method for entry in catalog.entry_points]
    words = {name.rpartition(".")[2] for name in dotted}
    # Names without an underscore are words of everyday Python: set, listen, register. asyncio has some too.
    names = {word for word in words if "_" in word.strip("_") and not word.startswith("__")}
    names -= {*dir(asyncio), *dir(asyncio.AbstractEventLoop)}
    assert "async_write_ha_state" in names
    found = [
        f"{_relative(path)}:{row}: {word}"
        for folder in KNOWLEDGE_FREE
        for path in sorted((PACKAGE / folder).rglob("*.py"))
        for row, text in _code_tokens(path)
        for word in re.findall(r"\w+", text)
        if word in names
    ]
    assert not found


def _code_tokens(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (row, text) of names and strings that are not documentation."""
    fresh = True
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type in (tokenize.COMMENT, tokenize.NL):
            continue
        if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            fresh = True
            continue
        is_docstring = fresh and token.type == tokenize.STRING
        fresh = False
        if token.type in (tokenize.NAME, tokenize.STRING) and not is_docstring:
            yield token.start[0], token.string


# ------------------------------------------------------------------ sizes and names
def test_modules_are_short() -> None:
    lengths = {_relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in _modules()}
    assert not {name: length for name, length in lengths.items() if length > MAX_LINES}


def test_names_say_something() -> None:
    assert not [_relative(path) for path in _modules() if path.stem in FORBIDDEN_NAMES]
    assert not [
        _relative(path) for path in PACKAGE.rglob("*") if path.is_dir() and path.name in FORBIDDEN_NAMES
    ]


def test_every_module_begins_with_a_sentence() -> None:
    texts = {_relative(path): path.read_text(encoding="utf-8") for path in _modules()}
    assert not [name for name, text in texts.items() if text.strip() and not text.startswith('"""')]


def test_top_level_is_clean() -> None:
    top = {name.split("/")[0] for name in _tracked()}
    assert not {name for name in top if not name.startswith(".")} - TOP_LEVEL
    needed = TOP_LEVEL - ({"vscode-client"} if not (ROOT / "vscode-client").exists() else set())
    assert not needed - top


def test_no_registry_hosts_and_machine_paths() -> None:
    found = []
    for name in _tracked():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if any(host in line for host in REGISTRIES) or _MACHINE_PATH.search(line):
                found.append(f"{name}:{number}: {line.strip()[:120]}")
    assert not found


def test_architecture_document_is_short() -> None:
    path = SERVER / "ARCHITECTURE.md"
    assert path.is_file()
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 200
