"""Mending files: what is changed, and what is left as it was."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from offloop.cli.main import main
from offloop.cli.write import replace_file, write_source
from tests.unit.stand_in import ENGINE


@pytest.fixture
def lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    folder = tmp_path / "custom_components" / "lamp"
    folder.mkdir(parents=True)
    return folder / "switch.py"


def fix(*arguments: str) -> int:
    return main(["check", "--fix", *arguments], ENGINE)


def test_safe_fixes_only(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lamp.write_text("bad()\nrisky()\nmanual()\n")
    assert fix() == 1
    assert lamp.read_text() == "good()\nrisky()\nmanual()\n"
    out = capsys.readouterr().out
    assert "Mended 1 finding.\nFound 2 findings (1 error, 1 warning) in 1 file." in out
    assert "1 can be mended with --fix --unsafe-fixes." in out
    assert fix("--unsafe-fixes") == 1
    assert lamp.read_text() == "good()\ncareful()\nmanual()\n"


def test_all_mended_is_clean(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lamp.write_text("bad()\nbad()\n")
    assert fix() == 0
    assert capsys.readouterr().out == "Mended 2 findings.\nNo findings left in 1 file.\n"


def test_shared_and_touching_edits(lamp: Path) -> None:
    lamp.write_text("spread(); spread()\nbadbad\n")
    assert fix() == 0
    # Both fixes of the first line bring the same import; the touching ones take a round each.
    assert lamp.read_text() == "import good\ngood(); good()\ngoodgood\n"


def test_fix_that_breaks_the_syntax_is_dropped(lamp: Path) -> None:
    lamp.write_text("bad()\nbroken()\nspread()\n")
    assert fix() == 1
    assert lamp.read_text() == "import good\ngood()\nbroken()\ngood()\n"


def test_fix_that_changes_nothing_ends(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lamp.write_text("endless()\n")
    assert fix() == 1
    assert lamp.read_text() == "endless()\n"
    assert "Mended" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfbad()\r\nspread()\r\n", b"\xef\xbb\xbfimport good\r\ngood()\r\ngood()\r\n"),
        (
            "# coding: latin-1\nx = 'ä'; bad()".encode("latin-1"),
            "# coding: latin-1\nx = 'ä'; good()".encode("latin-1"),
        ),
        (b"bad()\rx = 1\r", b"good()\rx = 1\r"),
        (b"x = '\x0c'\nbad()\n", b"x = '\x0c'\ngood()\n"),
    ],
)
def test_encoding_and_line_ends_stay(lamp: Path, before: bytes, after: bytes) -> None:
    lamp.write_bytes(before)
    fix()
    assert lamp.read_bytes() == after


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links")
def test_mode_and_link_stay(lamp: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.py"
    real.write_text("bad()\n")
    real.chmod(0o751)
    lamp.symlink_to(real)
    assert fix() == 0
    assert lamp.is_symlink()
    assert real.read_text() == "good()\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o751
    assert [one.name for one in lamp.parent.iterdir()] == ["switch.py"]


def test_diff_writes_nothing(lamp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lamp.write_text("x = 1\nbad()")
    assert main(["check", "--diff"], ENGINE) == 0
    captured = capsys.readouterr()
    assert captured.out == (
        "--- custom_components/lamp/switch.py\n"
        "+++ custom_components/lamp/switch.py\n"
        "@@ -1,2 +1,2 @@\n"
        " x = 1\n"
        "-bad()\n"
        "\\ No newline at end of file\n"
        "+good()\n"
        "\\ No newline at end of file\n"
    )
    assert "Would mend 1 finding in 1 file." in captured.err
    assert lamp.read_text() == "x = 1\nbad()"


def test_only_what_was_asked_for_is_mended(lamp: Path) -> None:
    lamp.write_text("bad()\n")
    other = lamp.with_name("light.py")
    other.write_text("bad()\n")
    assert fix("custom_components/lamp/light.py") == 0
    assert (lamp.read_text(), other.read_text()) == ("bad()\n", "good()\n")


def test_known_findings_are_not_mended(lamp: Path) -> None:
    lamp.write_text("bad()\n")
    main(["check", "--write-baseline"], ENGINE)
    assert fix("--baseline", "offloop-baseline.json") == 0
    assert lamp.read_text() == "bad()\n"


def test_file_that_changed_meanwhile_is_left_alone(lamp: Path) -> None:
    lamp.write_text("new\n")
    problem = write_source(str(lamp), "old\n", "mended\n")
    assert problem is not None
    assert "changed meanwhile" in problem.message
    assert lamp.read_text() == "new\n"


def test_text_that_the_encoding_lacks(lamp: Path) -> None:
    lamp.write_bytes(b"# coding: ascii\n")
    problem = write_source(str(lamp), "# coding: ascii\n", "# coding: ascii\nä\n")
    assert problem is not None
    assert "ascii has no 'ä'" in problem.message


def test_failed_write_leaves_nothing_behind(lamp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp.write_text("old\n")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    problem = write_source(str(lamp), "old\n", "new\n")
    assert problem is not None
    assert problem.message == "cannot be written: No space left on device"
    assert [one.name for one in lamp.parent.iterdir()] == ["switch.py"]
    with pytest.raises(OSError, match="space"):
        replace_file(lamp, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="modes")
def test_unwritten_mends_are_still_findings(
    lamp: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lamp.write_text("bad()\n")

    def fail(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("offloop.cli.write.replace_file", fail)
    assert fix() == 1
    captured = capsys.readouterr()
    assert "Read-only file system" in captured.err
    assert "Found 1 finding" in captured.out
