"""The formats that findings are shown in."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from offloop.cli.main import main
from offloop.cli.output.full import diff_hunks
from offloop.cli.output.style import Style, cells, clip, style_for, visible
from offloop.text import Edit, LineIndex
from tests.unit.stand_in import ENGINE

TEXT = "class Lamp:\n    def turn_on(self):\n        bad()\n\n        risky()\n"


@pytest.fixture(autouse=True)
def lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / ".venv" / "lib" / "python3.13" / "site-packages" / "homeassistant"
    home.mkdir(parents=True)
    (home / "const.py").write_text('MAJOR_VERSION = 2026\nMINOR_VERSION = 1\nPATCH_VERSION = "2"\n')
    (home / "core.py").write_text("first\n    await hass.async_add_executor_job(turn_on)\n")
    path = tmp_path / "custom_components" / "lamp" / "switch.py"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)
    return path


def shown(capsys: pytest.CaptureFixture[str], output_format: str, *arguments: str) -> str:
    main(["check", "--output-format", output_format, *arguments], ENGINE)
    return capsys.readouterr().out


def test_full(capsys: pytest.CaptureFixture[str]) -> None:
    core = ".venv/lib/python3.13/site-packages/homeassistant/core.py"
    assert (
        shown(capsys, "full")
        == f"""\
error[HAT101] [*]: bad is called in a worker thread: 50% <sure>.
 --> custom_components/lamp/switch.py:3:9
  |
1 | class Lamp:
2 |     def turn_on(self):
3 |         bad()
  |         ^^^ in a worker thread
4 |
5 |         risky()
  |
trace:
  1. it is run in the executor
     --> {core}:2:1
     2 | await hass.async_add_executor_job(turn_on)
  2. it is called here
     --> custom_components/lamp/switch.py:3:9
     3 | bad()
help: Use good
3 -         bad()
3 +         good()

warning[HAT102]: risky is called in a worker thread: 50% <sure>.
 --> custom_components/lamp/switch.py:5:9
  |
3 |         bad()
4 |
5 |         risky()
  |         ^^^^^ in a worker thread
  |
trace:
  1. it is run in the executor
     --> {core}:2:1
     2 | await hass.async_add_executor_job(turn_on)
  2. it is called here
     --> custom_components/lamp/switch.py:5:9
     5 | risky()
help: Use careful
5 -         risky()
5 +         careful()
  note: this may change what the code does; --unsafe-fixes applies it

Found 2 findings (1 error, 1 warning) in 1 file. 1 can be mended with --fix, 1 more with --fix --unsafe-fixes.
"""
    )


def test_colours_only_add(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shown(capsys, "full")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = shown(capsys, "full")
    assert coloured != plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown(capsys, "full") == plain
    assert shown(capsys, "full", "--color", "always") == coloured


def test_carets_stand_below_wide_characters_and_tabs(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lamp.write_text("if x:\n\ty = '日本e\u0301'; bad()\n")
    lines = shown(capsys, "full").splitlines()
    row = next(index for index, line in enumerate(lines) if line.startswith("2 |"))
    assert lines[row] == "2 |     y = '日本e\u0301'; bad()"
    assert cells(lines[row][: lines[row].index("bad")]) == lines[row + 1].index("^")
    assert lines[row + 1].count("^") == 3


def test_control_characters_do_not_reach_the_terminal(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lamp.write_text("x = '\x1b[31m\u202e'; bad()\n")
    out = shown(capsys, "full")
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "␛[31m" in out


def test_several_lines_and_the_end_of_a_file(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lamp.write_text("bad")
    assert "1 | bad\n  | ^^^ in a worker thread\n  |\n" in shown(capsys, "full")


@pytest.mark.parametrize("width", range(20, 130, 7))
@pytest.mark.parametrize("start", [0, 3, 40, 90, 115])
def test_clipped_lines_keep_the_marked_part(width: int, start: int) -> None:
    text = "".join(chr(0x4E00 + number) if number % 3 else "x" for number in range(120))
    line, first, last = clip(text, start, start + 4, width)
    assert cells(line) <= width or cells(text) <= width
    assert line[first:last] == text[start : start + 4]


def test_styles() -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    terminal: object = Terminal()
    assert style_for(terminal, {}).is_coloured  # type: ignore[arg-type]
    assert not style_for(terminal, {"TERM": "dumb"}).is_coloured  # type: ignore[arg-type]
    assert not style_for(terminal, {"NO_COLOR": "1", "FORCE_COLOR": "1"}).is_coloured  # type: ignore[arg-type]
    assert style_for(terminal, {"NO_COLOR": ""}).is_coloured  # type: ignore[arg-type]
    assert Style()("error", "x") == "x"
    assert visible("\ta\x00") == "    a␀"


def test_hunks_are_whole_lines() -> None:
    lines = LineIndex("a\nb\nc\nd\ne\n")
    hunks = diff_hunks(lines, [Edit(0, 0, "import x\n"), Edit(6, 7, "D"), Edit(2, 2, "@callback\n")])
    assert [tuple(hunk) for hunk in hunks] == [
        (1, ["a"], ["import x", "a", "@callback"]),
        (4, ["d"], ["D"]),
    ]
    assert [tuple(hunk) for hunk in diff_hunks(lines, [Edit(0, 2, "")])] == [(1, ["a"], [])]


# ------------------------------------------------------------------ for machines
def test_concise(capsys: pytest.CaptureFixture[str]) -> None:
    said = "is called in a worker thread: 50% <sure>."
    assert shown(capsys, "concise").splitlines()[:2] == [
        f"custom_components/lamp/switch.py:3:9: error[HAT101] [*] bad {said}",
        f"custom_components/lamp/switch.py:5:9: warning[HAT102] risky {said}",
    ]


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "json-lines").splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["HAT101", "HAT102"]


def test_github(capsys: pytest.CaptureFixture[str]) -> None:
    first = shown(capsys, "github").splitlines()[0]
    assert first == (
        "::error title=offloop (HAT101),file=custom_components/lamp/switch.py,line=3,endLine=3,col=9,"
        "endColumn=12::custom_components/lamp/switch.py:3:9: HAT101 "
        "bad is called in a worker thread: 50%25 <sure>."
    )


def test_pylint(capsys: pytest.CaptureFixture[str]) -> None:
    first = shown(capsys, "pylint").splitlines()[0]
    assert (
        first == "custom_components/lamp/switch.py:3: [HAT101] bad is called in a worker thread: 50% <sure>."
    )


def test_gitlab(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    issues = json.loads(shown(capsys, "gitlab"))
    assert [issue["severity"] for issue in issues] == ["critical", "major"]
    assert issues[0]["location"]["positions"]["begin"] == {"line": 3, "column": 9}
    lamp.write_text("\n\n" + TEXT + "        bad()\n")
    again = json.loads(shown(capsys, "gitlab"))
    prints = [issue["fingerprint"] for issue in again]
    assert prints[:2] == [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == 3


def test_junit(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ET.fromstring(shown(capsys, "junit"))
    assert root.attrib["failures"] == "2"
    failures = root.findall("./testsuite/testcase/failure")
    assert failures[0].attrib == {"type": "error", "message": "bad is called in a worker thread: 50% <sure>."}
    lamp.write_text("")
    root = ET.fromstring(shown(capsys, "junit"))
    assert (root.attrib["tests"], root.attrib["failures"]) == ("1", "0")


def test_sarif(capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = json.loads(shown(capsys, "sarif"))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["HAT101", "HAT102"]
    first = run["results"][0]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "custom_components/lamp/switch.py"},
        "region": {"startLine": 3, "startColumn": 9, "endLine": 3, "endColumn": 12},
    }
    steps = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == [
        "it is run in the executor",
        "it is called here",
    ]
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "good"}


@pytest.mark.parametrize("output_format", ["json", "gitlab", "sarif"])
def test_nothing_found_is_still_valid(
    lamp: Path, output_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lamp.write_text("")
    assert json.loads(shown(capsys, output_format)) is not None
