"""The command line from options to exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offloop.__main__ import main as entry
from offloop.cli.main import main
from tests.unit.stand_in import ENGINE

LAMP = "def turn_on():\n    bad()\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    write("custom_components/lamp/switch.py", LAMP)
    write("custom_components/lamp/__init__.py", "")
    return tmp_path  # type: ignore[return-value]


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def offloop(*arguments: str) -> int:
    return main(arguments, ENGINE)


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    offloop("check", "--output-format", "json", *arguments)
    loaded: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return loaded


# ------------------------------------------------------------------ exit codes
def test_findings_are_1_and_clean_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert offloop("check") == 1
    assert offloop("check", "--exit-zero") == 0
    assert offloop("check", "custom_components/lamp/__init__.py") == 0
    assert "No findings in 1 file." in capsys.readouterr().out


def test_an_old_python_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("offloop.__main__._OLDEST", (99, 1))
    assert entry(["server"]) == 2
    assert "offloop needs Python 99.1 or newer; this is 3." in capsys.readouterr().err


def test_hints_do_not_fail() -> None:
    write("custom_components/lamp/switch.py", "minor()\n")
    assert offloop("check") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "none: does not exist"),
        (["empty"], "has no Python files"),
        (["--home-assistant", "empty"], "is not Home Assistant"),
        (["--home-assistant", "2020.1.0"], "no catalog of that version is bundled"),
        (["--config", "none.toml"], "the settings cannot be read"),
        (["nul.py"], "NUL bytes"),
        (["-", "custom_components"], "together with other paths"),
        (["--baseline", "none.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    write("nul.py", "a\0")
    assert offloop("check", *arguments) == 2
    assert message in capsys.readouterr().err


def test_wrong_options_are_2() -> None:
    with pytest.raises(SystemExit) as ended:
        offloop("check", "--output-format", "xml")
    assert ended.value.code == 2


def test_problems_beside_checked_files_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/lamp/nul.py", "a\0")
    assert offloop("check", "custom_components", "none") == 1
    errors = capsys.readouterr().err
    assert "problem: custom_components/lamp/nul.py: is not Python text" in errors
    assert "problem: none: does not exist" in errors


def test_other_files_problems_are_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/lamp/nul.py", "a\0")
    offloop("check", "custom_components/lamp/switch.py")
    assert "NUL" not in capsys.readouterr().err


@pytest.mark.parametrize("word", ["crash", "fault"])
def test_internal_error_is_2_and_the_rest_goes_on(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/other/__init__.py", word)
    assert offloop("check", "--exit-zero") == 2
    captured = capsys.readouterr()
    assert "internal error" in captured.err
    assert "bad is called" in captured.out


def test_interrupt_and_closed_pipe_are_2(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("offloop.cli.check.prepare", interrupt)
    assert offloop("check") == 2


# ------------------------------------------------------------------ what is checked and said
def test_home_assistant_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    offloop("check", "--output-format", "json")
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        "Home Assistant 2026.11.0 (bundled catalog; no Home Assistant was found)",
        "note: this is a stand-in",
    ]


def test_json_has_the_agreed_shape(capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = found(capsys)
    assert one == {
        "code": "HAT101",
        "name": "loop-api-in-worker",
        "severity": "error",
        "message": "bad is called in a worker thread: 50% <sure>.",
        "url": "https://github.com/offloop/offloop/blob/main/server/offloop/rules/loop_api_in_worker.md",
        "filename": "custom_components/lamp/switch.py",
        "location": {"row": 2, "column": 5},
        "end_location": {"row": 2, "column": 8},
        "function": "turn_on",
        "context": "worker",
        "api": "homeassistant.bad",
        "trace": [
            {
                "message": "it is run in the executor",
                "filename": "homeassistant/core.py",
                "location": {"row": 2, "column": 1},
            },
            {
                "message": "it is called here",
                "filename": "custom_components/lamp/switch.py",
                "location": {"row": 2, "column": 5},
            },
        ],
        "fixes": [
            {
                "title": "Use good",
                "applicability": "safe",
                "preferred": True,
                "edits": [
                    {
                        "filename": "custom_components/lamp/switch.py",
                        "location": {"row": 2, "column": 5},
                        "end_location": {"row": 2, "column": 8},
                        "content": "good",
                    }
                ],
            }
        ],
    }


def test_files_elsewhere_are_absolute(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("beside").mkdir()
    monkeypatch.chdir("beside")
    (one,) = found(capsys, "..")
    assert one["filename"] == (tmp_path / "custom_components" / "lamp" / "switch.py").as_posix()


def test_only_the_asked_file_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/lamp/light.py", "bad()\n")
    assert [one["filename"] for one in found(capsys, "custom_components/lamp/light.py")] == [
        "custom_components/lamp/light.py"
    ]


def test_order_is_by_file_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/lamp/switch.py", "risky()\nbad()\n")
    write("custom_components/a/__init__.py", "bad()\n")
    places = [(one["filename"].split("/")[1], one["location"]["row"]) for one in found(capsys)]
    assert places == [("a", 1), ("lamp", 1), ("lamp", 2)]


def test_columns_count_code_points(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/lamp/switch.py", "x = '😀ä'; bad()\r\n")
    (one,) = found(capsys)
    assert one["location"] == {"row": 1, "column": 11}


def test_select_and_settings_file(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/lamp/switch.py", "bad()\nrisky()\n")
    assert [one["code"] for one in found(capsys, "--select", "HAT102,HAT2")] == ["HAT102"]
    assert [one["code"] for one in found(capsys, "--ignore", "HAT102")] == ["HAT101"]
    assert len(found(capsys, "--select", "HAT102", "--extend-select", "loop-api-in-worker")) == 2
    write("pyproject.toml", '[tool.offloop]\nignore = ["HAT101"]\nseverity = {HAT102 = "hint"}\n')
    assert [(one["code"], one["severity"]) for one in found(capsys)] == [("HAT102", "hint")]
    assert len(found(capsys, "--isolated")) == 2
    write("other.toml", 'exclude = ["custom_components/lamp"]\n')
    assert offloop("check", "--config", "other.toml") == 2


def test_force_exclude_holds_for_named_files(capsys: pytest.CaptureFixture[str]) -> None:
    write("offloop.toml", 'exclude = ["switch.py"]\n')
    assert len(found(capsys, "custom_components/lamp/switch.py")) == 1
    assert offloop("check", "--force-exclude", "custom_components/lamp/switch.py") == 0
    assert "all paths are excluded" in capsys.readouterr().err


def test_unknown_rules_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    offloop("check", "--select", "HAT999,HAT1")
    errors = capsys.readouterr().err
    assert "there is no rule HAT999" in errors
    assert "HAT1\n" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in's folders are made for forks")
def test_processes_find_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(6):
        write(f"custom_components/n{number}/__init__.py", "bad()\nrisky()\n")
    assert found(capsys, "--jobs", "1") == found(capsys, "--jobs", "3")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_checkers_are_closed_in_every_process(jobs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two", "three", "four"):
        write(f"custom_components/{name}/__init__.py", "")
    Path("closed").mkdir()
    monkeypatch.setenv("OFFLOOP_TEST_CLOSED", str(Path("closed").absolute()))
    offloop("check", "--jobs", jobs)
    closed = {int(path.name) for path in Path("closed").iterdir()}
    assert closed
    assert (os.getpid() in closed) is (jobs == "1")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in's folders are made for forks")
def test_dead_process_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/a/__init__.py", "die()\n")
    assert offloop("check", "--jobs", "2") == 2
    assert "has died" in capsys.readouterr().err


def test_output_file_and_statistics(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/lamp/switch.py", "bad()\nbad()\nrisky()\n")
    assert (
        offloop("check", "--output-format", "concise", "--output-file", "out.txt", "--color", "always") == 1
    )
    assert capsys.readouterr().out == ""
    assert (
        Path("out.txt").read_text().startswith("custom_components/lamp/switch.py:1:1: error[HAT101] [*] bad")
    )
    assert offloop("check", "--output-file", "none/out.txt") == 2
    capsys.readouterr()
    offloop("check", "--statistics")
    assert capsys.readouterr().out == (
        "2  HAT101  [*] loop-api-in-worker\n1  HAT102  [ ] unguarded-loop-api-in-worker\n"
    )
    offloop("check", "--statistics", "--output-format", "json")
    assert json.loads(capsys.readouterr().out)[0]["count"] == 2


# ------------------------------------------------------------------ standard input
def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_text_on_stdin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"x\nbad()\n")
    (one,) = found(capsys, "-", "--stdin-filename", "custom_components/lamp/switch.py")
    assert one["location"]["row"] == 2
    feed(monkeypatch, b"bad()\n")
    (one,) = found(capsys, "-")
    assert one["filename"] == "stdin.py"
    feed(monkeypatch, b"\xff")
    assert offloop("check", "-") == 2


def test_fix_of_stdin_goes_to_stdout(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, b"bad()\r\nrisky()\r\n")
    offloop("check", "-", "--stdin-filename", "custom_components/lamp/switch.py", "--fix")
    captured = capsys.readouterr()
    assert captured.out == "good()\r\nrisky()\r\n"
    assert "risky is called" in captured.err
    assert Path("custom_components/lamp/switch.py").read_text() == LAMP


# ------------------------------------------------------------------ known findings
def test_baseline_hides_what_is_known_and_shrinks(capsys: pytest.CaptureFixture[str]) -> None:
    lamp = write("custom_components/lamp/switch.py", "bad()\nbad()\nrisky()\n")
    assert offloop("check", "--write-baseline") == 0
    baseline = Path("offloop-baseline.json")
    capsys.readouterr()
    assert found(capsys, "--baseline", str(baseline)) == []
    lamp.write_text("\n\nbad()\nbad()\nbad()\nrisky()\n")
    assert [one["location"]["row"] for one in found(capsys, "--baseline", str(baseline))] == [5]
    lamp.write_text("bad()\n")
    assert offloop("check", "--baseline", str(baseline)) == 0
    captured = capsys.readouterr()
    assert "2 findings less: offloop-baseline.json was shortened." in captured.err
    assert "Not shown: 1 finding of the baseline." in captured.out
    assert [one["count"] for one in json.loads(baseline.read_text())["findings"]] == [1]


def test_baseline_of_unchecked_files_stays(capsys: pytest.CaptureFixture[str]) -> None:
    write("custom_components/lamp/light.py", "bad()\n")
    offloop("check", "--write-baseline")
    before = Path("offloop-baseline.json").read_text()
    assert offloop("check", "custom_components/lamp/light.py", "--baseline", "offloop-baseline.json") == 0
    assert Path("offloop-baseline.json").read_text() == before
    Path("custom_components/lamp/light.py").unlink()
    offloop("check", "custom_components/lamp/switch.py", "--baseline", "offloop-baseline.json")
    assert "light.py" not in Path("offloop-baseline.json").read_text()


@pytest.mark.parametrize("text", ["[]", "{", '{"format": 9}', '{"format": 1, "findings": [{}]}'])
def test_damaged_baseline(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("base.json", text)
    assert offloop("check", "--baseline", "base.json") == 2
    assert "base.json: " in capsys.readouterr().err


# ------------------------------------------------------------------ the other commands
def test_contexts(capsys: pytest.CaptureFixture[str]) -> None:
    assert offloop("contexts", ".", "--output-format", "json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "filename": "custom_components/lamp/switch.py",
            "function": "turn_on",
            "location": {"row": 1, "column": 5},
            "declared": "plain",
            "context": "worker",
            "trace": [
                {
                    "message": "it is run in the executor",
                    "filename": "homeassistant/core.py",
                    "location": {"row": 2, "column": 1},
                }
            ],
        }
    ]
    assert offloop("contexts") == 0
    assert "worker   plain      turn_on" in capsys.readouterr().out


def test_explain_and_rules(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("HAT101", "hat101", "loop-api-in-worker", "loop_api_in_worker"):
        assert offloop("explain", name) == 0
        assert "loop-api-in-worker" in capsys.readouterr().out
    assert offloop("explain", "HAT109") == 2
    assert "did you mean HAT1" in capsys.readouterr().err
    assert offloop("rules") == 0
    assert capsys.readouterr().out.count("\n") == 3
    assert offloop("rules", "--output-format", "json") == 0
    assert json.loads(capsys.readouterr().out)[1]["severity"] == "warning"


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert offloop("--version") == 0
    assert capsys.readouterr().out.startswith("offloop ")
    assert offloop() == 2
    with pytest.raises(SystemExit) as ended:
        entry(["check", "--help"])
    assert ended.value.code == 0


def test_the_command_line_does_not_load_the_protocol() -> None:
    code = (
        "import sys; import offloop.__main__, offloop.cli.main, offloop.cli.check, offloop.cli.contexts;"
        "print([name for name in ('pygls', 'lsprotocol', 'jedi') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
def test_closed_pipe_makes_no_noise() -> None:
    write("custom_components/lamp/switch.py", "bad()\n" * 3000)
    code = "import sys; from offloop.cli.main import main; from tests.unit.stand_in import ENGINE;"
    code += "sys.exit(main(['check', '--output-format', 'concise'], ENGINE))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait() == 2
