"""Finding Home Assistant's sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from offloop.catalog.locate import (
    BundledRequest,
    HomeAssistant,
    NotHomeAssistant,
    home_assistant_version,
    locate,
)


def home(root: Path, version: str = "2026.11.0") -> Path:
    folder = root / "homeassistant"
    folder.mkdir(parents=True)
    major, minor, patch = version.split(".")
    (folder / "const.py").write_text(
        f'"""Constants."""\nfrom typing import Final\n\nMAJOR_VERSION: Final = {major}\n'
        f'MINOR_VERSION: Final = {minor}\nPATCH_VERSION: Final = "{patch}"\n'
    )
    return root


def environment(
    folder: Path, version: str = "2025.1.0", packages: str = "lib/python3.13/site-packages"
) -> Path:
    home(folder / packages, version)
    return folder


def version(found: object) -> str:
    assert isinstance(found, HomeAssistant)
    return found.version


@pytest.mark.parametrize("inner", ["", "homeassistant"])
def test_folder_that_is_named(tmp_path: Path, inner: str) -> None:
    home(tmp_path)
    found = locate(str(tmp_path / inner), Path("/"), {})
    assert found == HomeAssistant(tmp_path, "2026.11.0", "--home-assistant")


def test_environment_may_be_named(tmp_path: Path) -> None:
    environment(tmp_path / "venv")
    assert version(locate(str(tmp_path / "venv"), Path("/"), {})) == "2025.1.0"


def test_version_is_a_bundled_catalog(tmp_path: Path) -> None:
    assert locate("2026.11.0", tmp_path, {}) == BundledRequest("2026.11.0", "--home-assistant")
    assert locate("2026.12.0b1", tmp_path, {}) == BundledRequest("2026.12.0b1", "--home-assistant")


def test_what_is_no_home_assistant(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for option, words in ((".", "no homeassistant/const.py"), ("none", "neither"), ("file", "not a folder")):
        found = locate(str(tmp_path / option), tmp_path, {})
        assert isinstance(found, NotHomeAssistant)
        assert words in found.message


def test_integration_named_homeassistant_is_not_it(tmp_path: Path) -> None:
    components = home(tmp_path) / "homeassistant" / "components"
    home(components, "1.2.3")
    (components / "homeassistant" / "manifest.json").write_text("{}")
    assert version(locate(None, components / "hue", {})) == "2026.11.0"


@pytest.mark.parametrize(
    "packages", ["lib/python3.13/site-packages", "Lib/site-packages", "lib64/python3.11/site-packages"]
)
@pytest.mark.parametrize("named", ["", "bin/python", "Scripts/python.exe"])
def test_python_setting(tmp_path: Path, packages: str, named: str) -> None:
    folder = environment(tmp_path / "env", packages=packages)
    found = locate(None, tmp_path, {"VIRTUAL_ENV": "/none"}, str(folder / named))
    assert version(found) == "2025.1.0"


def test_python_setting_may_be_a_folder_of_packages(tmp_path: Path) -> None:
    assert version(locate(None, Path("/"), {}, str(home(tmp_path / "target", "2024.5.0")))) == "2024.5.0"


def test_order_of_environments(tmp_path: Path) -> None:
    project = home(tmp_path / "project", "2024.1.0")
    inner = project / "custom_components" / "x"
    inner.mkdir(parents=True)
    active = environment(tmp_path / "active", "2024.3.0")
    assert version(locate(None, inner, {})) == "2024.1.0"
    environment(project / ".venv", "2024.2.0")
    found = locate(None, inner, {})
    assert version(found) == "2024.2.0"
    assert isinstance(found, HomeAssistant)
    assert found.how == ".venv of project"
    assert version(locate(None, inner, {"VIRTUAL_ENV": str(active)})) == "2024.3.0"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert version(locate(None, inner, {"VIRTUAL_ENV": str(empty)}, str(empty))) == "2024.2.0"


def test_editable_checkout(tmp_path: Path) -> None:
    checkout = home(tmp_path / "core", "2026.12.0")
    packages = tmp_path / "venv" / "lib" / "python3.14" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "a.pth").write_text(f"import os\n# comment\n/none\n{checkout}\n")
    found = locate(None, tmp_path, {})
    assert version(found) == "2026.12.0"
    assert isinstance(found, HomeAssistant)
    assert found.root == checkout


def test_nothing_found(tmp_path: Path) -> None:
    found = locate(None, tmp_path, {})
    assert found == BundledRequest(None, "no Home Assistant was found")


def test_version_of_old_and_odd_constants(tmp_path: Path) -> None:
    folder = tmp_path / "homeassistant"
    folder.mkdir()
    assert home_assistant_version(tmp_path) is None
    (folder / "const.py").write_text('MAJOR_VERSION = 0\nMINOR_VERSION = 118\nPATCH_VERSION = "0.dev0"\n')
    assert home_assistant_version(tmp_path) == "0.118.0.dev0"
    (folder / "const.py").write_text("X = 1\n")
    assert home_assistant_version(tmp_path) is None
    assert version(locate(str(tmp_path), tmp_path, {})) == "unknown"
