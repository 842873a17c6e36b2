"""The README and the documents of the rules say what is so: their picture, commands, settings and examples are run."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from offloop.catalog.load import load_bundled
from offloop.cli.arguments import parser
from offloop.cli.editor import FILES as EDITORS
from offloop.cli.output import FORMATS
from offloop.config import OPTIONS, Option, Settings, settings_from_mapping
from offloop.library.model import Catalog
from offloop.project import Project
from offloop.rules.registry import RULES
from offloop.rules.rule import Rule
from offloop.source import Integration, source_from_text
from offloop.text import LineIndex
from tests.assets import picture

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = "custom_components.demo"


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


# ------------------------------------------------------------------ the picture
def test_the_picture_shows_real_output() -> None:
    real = [picture.plain(line) for line in picture.shown(picture.printed())]
    drawn = picture.drawn(picture.PICTURE.read_text(encoding="utf-8"))
    assert drawn == real, "run python tests/assets/picture.py"


def test_a_picture_gives_back_its_lines() -> None:
    lines = ["\x1b[1;31merror\x1b[0m:  a < b & c", "", "   \x1b[2m^^\x1b[0m  x"]
    assert picture.drawn(picture.draw(lines)) == ["error:  a < b & c", "", "   ^^  x"]


# ------------------------------------------------------------------ what it says
def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)|(?:src|href)=\"([^\"#]+)\"", README)
    targets = [first or second for first, second in links]
    assert ".github/picture.svg" in targets
    assert not [one for one in targets if "://" not in one and not (ROOT / one).exists()]


def test_commands_are_understood() -> None:
    lines = [line for block in _blocks(README, "sh") for line in block.splitlines()]
    calls = re.findall(
        r"(?:^|\s|/)offloop (check|contexts|explain|rules|catalog)\b([^&|#\n]*)", "\n".join(lines)
    )
    assert len(calls) >= 5
    for command, arguments in calls:
        parser().parse_args([command, *shlex.split(arguments)])


def test_each_editor_that_has_a_file_is_told() -> None:
    assert set(re.findall(r"^\| `offloop editor (\w+)` \|", README, re.MULTILINE)) == set(EDITORS)


def test_settings_are_known() -> None:
    (block,) = [block for block in _blocks(README, "toml") if "[tool.offloop]" in block]
    settings, messages = settings_from_mapping(tomllib.loads(block)["tool"]["offloop"], ROOT)
    assert settings != Settings()
    assert not messages


def test_each_setting_is_told_as_the_table_of_options_has_it() -> None:
    told = [line for line in README.splitlines() if re.match(r"\| `[a-z-]+` \| (`[^`]*`)? \| ", line)]
    assert told == [f"| `{option.key}` | {_default(option)} | {option.doc} |" for option in OPTIONS]


def _default(option: Option) -> str:
    if option.default is None or option.default == ():
        return ""
    return f"`{str(option.default).lower() if option.type == 'boolean' else option.default}`"


def test_all_rules_and_formats_are_listed() -> None:
    rows = re.findall(r"^\| \[?(HAT\d+)\]?(?:\(\S+\))? \| `([\w-]+)`", README, re.MULTILINE)
    assert rows == [(rule.code, rule.name) for rule in RULES]
    assert not [name for name in FORMATS if f"`{name}`" not in README]


# ------------------------------------------------------------------ the documents of the rules
@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_bundled(None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_examples_of_a_rule(rule: Rule, catalog: Catalog) -> None:
    """The first example has the findings that its comments say, the other ones have none."""
    path = ROOT / "server" / "offloop" / "rules" / f"{rule.name.replace('-', '_')}.md"
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {rule.code} {rule.name}\n")
    bad, *good = _blocks(text, "python")
    assert rule.code in bad
    assert good
    for example in (bad, *good):
        wanted = [
            (row, found[1])
            for row, line in enumerate(example.splitlines())
            if (found := re.search(r"# (HAT\d+)$", line))
        ]
        assert _findings(example, catalog) == wanted
        assert bool(wanted) == (example is bad)


def _findings(text: str, catalog: Catalog) -> list[tuple[int, str]]:
    files = (
        source_from_text("/config/demo/__init__.py", PACKAGE, True, ""),
        source_from_text("/config/demo/switch.py", f"{PACKAGE}.switch", False, text),
    )
    result = Project(catalog, Settings()).check(Integration("demo", PACKAGE, "/config/demo", files))
    assert not result.problems
    lines = LineIndex(text)
    return [(lines.position(one.span.start).line, one.code) for one in result.diagnostics]
