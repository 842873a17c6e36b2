"""Reading Python files and finding what belongs together."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from offloop.source import (
    Discovery,
    IntegrationFolder,
    Problem,
    SourceFile,
    discover,
    integration_of,
    load_integration,
    module_name,
    read_source,
)

links = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights there")


def write(root: Path, *names: str, text: str = "") -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"domain": "x"}' if name.endswith("manifest.json") else text)
    return root


def packages(*paths: Path) -> list[str]:
    return [folder.package for folder in discover(paths).folders]


def modules(folder: IntegrationFolder) -> list[str]:
    return [file.module for file in load_integration(folder).files]


def core(root: Path) -> Path:
    write(
        root,
        "homeassistant/__init__.py",
        "homeassistant/const.py",
        "homeassistant/core.py",
        "homeassistant/helpers/__init__.py",
        "homeassistant/helpers/entity.py",
        "homeassistant/components/__init__.py",
        "homeassistant/components/hue/__init__.py",
        "homeassistant/components/hue/v2/__init__.py",
        "homeassistant/components/hue/v2/light.py",
        "homeassistant/components/homeassistant/__init__.py",
        "homeassistant/components/homeassistant/const.py",
    )
    return write(root, "homeassistant/components/homeassistant/manifest.json")


# ------------------------------------------------------------------ reading
def read(tmp_path: Path, data: bytes, limit: int = 1000) -> SourceFile | Problem:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    return read_source(str(path), "a", False, limit)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a = 1\r\nb\r", "a = 1\r\nb\r"),
        ("\ufeffa = 'ä'\n".encode(), "a = 'ä'\n"),
        ("# -*- coding: latin-1 -*-\na = 'ä'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\na = 'ä'\n"),
        (
            "#!/usr/bin/python\n# coding: cp1252\n'€'\n".encode("cp1252"),
            "#!/usr/bin/python\n# coding: cp1252\n'€'\n",
        ),
        (b"", ""),
        (b"\x0c\n", "\x0c\n"),
    ],
)
def test_text_as_python_reads_it(tmp_path: Path, data: bytes, text: str) -> None:
    source = read(tmp_path, data)
    assert isinstance(source, SourceFile)
    assert source.text == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\n\nb = '\xe4'\n", "is not utf-8 text: line 3 has the byte 0xe4"),
        (b"'\xff'\n", "is not utf-8 text: line 1 has the byte 0xff"),
        (b"# coding: klingon\n", "has an encoding that Python does not know: unknown encoding: klingon"),
        (b"# coding: hex\n00\n", "hex"),
        (b"a = 1\0\n", "NUL bytes"),
        ("a = 1\n".encode("utf-16"), ""),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding"),
        (b"a" * 1001, "is too large: 1,001 bytes, the limit is 1,000"),
    ],
)
def test_unreadable_is_a_problem(tmp_path: Path, data: bytes, message: str) -> None:
    problem = read(tmp_path, data)
    assert isinstance(problem, Problem)
    assert message in problem.message


def test_missing_file_and_folder_are_problems(tmp_path: Path) -> None:
    for path in (tmp_path / "none.py", tmp_path):
        assert isinstance(read_source(str(path), "a", False), Problem)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    problem = read_source(str(tmp_path / "a.py"), "a", False)
    assert isinstance(problem, Problem)
    assert "regular file" in problem.message


def test_digest_identifies_the_text(tmp_path: Path) -> None:
    first, second = read(tmp_path, b"a\n"), read(tmp_path, b"b\n")
    assert isinstance(first, SourceFile)
    assert isinstance(second, SourceFile)
    assert first.digest != second.digest


# ------------------------------------------------------------------ discovery
def test_folder_with_custom_components(tmp_path: Path) -> None:
    write(
        tmp_path,
        "custom_components/__init__.py",
        "custom_components/b/__init__.py",
        "custom_components/a/__init__.py",
        "custom_components/a/manifest.json",
        "custom_components/.hidden/__init__.py",
        "custom_components/empty/readme.md",
        "tests/test_a.py",
        "setup.py",
    )
    assert packages(tmp_path) == ["custom_components.a", "custom_components.b"]
    assert packages(tmp_path / "custom_components") == ["custom_components.a", "custom_components.b"]
    assert packages(tmp_path / "custom_components" / "a") == ["custom_components.a"]


def test_custom_components_in_a_deeper_folder(tmp_path: Path) -> None:
    write(tmp_path, "config/custom_components/a/__init__.py", "script.py")
    assert packages(tmp_path) == ["custom_components.a"]


def test_integration_anywhere_is_named_by_its_manifest(tmp_path: Path) -> None:
    write(tmp_path, "checkout/__init__.py", "checkout/manifest.json")
    assert packages(tmp_path / "checkout") == ["custom_components.x"]
    assert packages(tmp_path) == ["custom_components.x"]


def test_foreign_manifest_makes_no_integration(tmp_path: Path) -> None:
    write(tmp_path, "web/app.py")
    (tmp_path / "web" / "manifest.json").write_text('{"short_name": "app"}')
    assert packages(tmp_path / "web") == ["web"]


def test_home_assistant_is_its_components(tmp_path: Path) -> None:
    core(tmp_path)
    expected = ["homeassistant.components.homeassistant", "homeassistant.components.hue"]
    for folder in (tmp_path, tmp_path / "homeassistant", tmp_path / "homeassistant" / "components"):
        assert packages(folder) == expected


def test_core_is_checked_where_asked_for(tmp_path: Path) -> None:
    core(tmp_path)
    home = tmp_path / "homeassistant"
    assert packages(home / "helpers", home / "core.py") == ["homeassistant.helpers", "homeassistant"]
    folder = discover([home / "core.py"]).folders[0]
    assert modules(folder) == ["homeassistant", "homeassistant.const", "homeassistant.core"]
    assert packages(home / "components" / "__init__.py") == ["homeassistant.components"]


def test_part_of_an_integration_shows_only_that_part(tmp_path: Path) -> None:
    core(tmp_path)
    hue = tmp_path / "homeassistant" / "components" / "hue"
    (folder,) = discover([hue / "v2"]).folders
    assert folder.package == "homeassistant.components.hue"
    assert "homeassistant.components.hue.v2.light" in modules(folder)
    assert folder.shows(str(hue / "v2" / "light.py"))
    assert not folder.shows(str(hue / "__init__.py"))


def test_files_of_one_integration_are_put_together(tmp_path: Path) -> None:
    core(tmp_path)
    hue = tmp_path / "homeassistant" / "components" / "hue"
    (folder,) = discover([hue / "__init__.py", hue / "v2" / "light.py"]).folders
    assert folder.asked == (str(hue / "__init__.py"), str(hue / "v2" / "light.py"))
    (folder,) = discover([hue / "__init__.py", hue]).folders
    assert folder.asked == ()


def test_plain_files(tmp_path: Path) -> None:
    write(tmp_path, "apps/one.py", "apps/two.py", "apps/deep/three.py")
    (folder,) = discover([tmp_path / "apps"]).folders
    assert modules(folder) == ["apps.deep.three", "apps.one", "apps.two"]
    # A single file says nothing of the folders beside it: they may be anything.
    (folder,) = discover([tmp_path / "apps" / "one.py"]).folders
    assert modules(folder) == ["apps.one", "apps.two"]
    assert folder.asked == (str(tmp_path / "apps" / "one.py"),)


def test_file_of_a_package_belongs_to_the_outermost(tmp_path: Path) -> None:
    write(tmp_path, "a/__init__.py", "a/b/__init__.py", "a/b/c.py")
    folder = integration_of(tmp_path / "a" / "b" / "c.py")
    assert (folder.package, folder.root) == ("a", str(tmp_path / "a"))
    assert packages(tmp_path / "a" / "b") == ["a.b"]


def test_what_is_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a/one.py",
        "a/__pycache__/one.py",
        "a/.git/two.py",
        "a/node_modules/three.py",
        "a/env/pyvenv.cfg",
        "a/env/lib/four.py",
        "a/vendor/five.py",
    )
    (folder,) = discover([tmp_path / "a"]).folders
    loaded = load_integration(folder, excludes=lambda path: path.endswith("vendor"))
    assert [file.module for file in loaded.files] == ["a.one"]
    (asked,) = discover([tmp_path / "a" / "vendor" / "five.py"]).folders
    assert "five" in load_integration(asked, excludes=lambda _: True).files[0].module


def test_missing_and_empty_are_problems(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path, "notes.txt")
    found = discover([tmp_path / "none", tmp_path / "empty", tmp_path / "notes.txt"])
    assert found == Discovery(
        (),
        (
            Problem(str(tmp_path / "none"), "does not exist"),
            Problem(str(tmp_path / "empty"), "has no Python files"),
            Problem(str(tmp_path / "notes.txt"), "is not a Python file"),
        ),
    )


# ------------------------------------------------------------------ loading
@links
def test_links_neither_loop_nor_repeat(tmp_path: Path) -> None:
    write(tmp_path, "custom_components/a/__init__.py", "custom_components/a/sub/b.py", "elsewhere/c.py")
    folder = tmp_path / "custom_components" / "a"
    (folder / "again").symlink_to(folder / "sub")
    (folder / "sub" / "up").symlink_to(tmp_path)
    (folder / "self").symlink_to("self")
    (folder / "copy.py").symlink_to(folder / "sub" / "b.py")
    (folder / "other").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "round").symlink_to(tmp_path / "elsewhere")
    (one,) = discover([tmp_path]).folders
    assert modules(one) == ["custom_components.a", "custom_components.a.other.c", "custom_components.a.sub.b"]


@links
def test_linked_integration_is_one_integration(tmp_path: Path) -> None:
    write(tmp_path, "repository/a/__init__.py")
    (tmp_path / "custom_components").mkdir()
    (tmp_path / "custom_components" / "a").symlink_to(tmp_path / "repository" / "a")
    assert packages(tmp_path, tmp_path / "custom_components" / "a") == ["custom_components.a"]


@links
def test_broken_link_is_a_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, "a/one.py")
    (tmp_path / "a" / "two.py").symlink_to(tmp_path / "gone.py")
    loaded = load_integration(discover([tmp_path / "a"]).folders[0])
    assert [file.module for file in loaded.files] == ["a.one"]
    assert [problem.path for problem in loaded.problems] == [str(tmp_path / "a" / "two.py")]


def test_texts_stand_in_for_files(tmp_path: Path) -> None:
    write(tmp_path, "a/__init__.py", "a/one.py", text="disk")
    folder = discover([tmp_path / "a"]).folders[0]
    new = str(tmp_path / "a" / "new.py")
    loaded = load_integration(folder, texts={str(tmp_path / "a" / "one.py"): "editor", new: "unsaved"})
    assert {file.module: file.text for file in loaded.files} == {
        "a": "disk",
        "a.one": "editor",
        "a.new": "unsaved",
    }


def test_module_names(tmp_path: Path) -> None:
    folder = IntegrationFolder("a", "custom_components.a", str(tmp_path))
    assert module_name(folder, str(tmp_path / "__init__.py")) == ("custom_components.a", True)
    assert module_name(folder, str(tmp_path / "b" / "__init__.py")) == ("custom_components.a.b", True)
    assert module_name(folder, str(tmp_path / "b" / "c.py")) == ("custom_components.a.b.c", False)
