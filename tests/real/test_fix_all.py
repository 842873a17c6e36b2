"""``check --fix --unsafe-fixes`` over everything there is: no file breaks, nothing new is found, once is enough.

``OFFLOOP_CUSTOM_INTEGRATIONS`` names a folder of further integrations; without it only Home Assistant's own are mended.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.real.conftest import Findings, findings_in

from offloop.facts.extract import extract

pytestmark = pytest.mark.real

VERSION = "2026.11.0"
MEND = ("--fix", "--unsafe-fixes")
Found = Counter[tuple[str, ...]]


def test_all_components(
    release: Callable[[str], Path], checked: Callable[[str], Findings], tmp_path: Path
) -> None:
    root = release(VERSION)
    components, copy = root / "homeassistant" / "components", tmp_path / "homeassistant" / "components"
    before = by_place(checked(VERSION), components)
    assert before
    for name in sorted(parts_of(before)):
        shutil.copytree(components / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    mend_and_compare(copy, root, before)


def test_custom_integrations(release: Callable[[str], Path], tmp_path: Path) -> None:
    folder = os.environ.get("OFFLOOP_CUSTOM_INTEGRATIONS")
    if not folder:
        pytest.skip("OFFLOOP_CUSTOM_INTEGRATIONS names no folder of integrations")
    root = release(VERSION)
    copy = tmp_path / "custom"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__", ".git"))
    mend_and_compare(copy, root, by_place(findings_in([copy], root), copy))


def mend_and_compare(folder: Path, root: Path, before: Found) -> None:
    """Mend all files of a folder and check what that did to them."""
    old = texts_in(folder)
    after = by_place(findings_in([folder], root, *MEND), folder)
    mended = texts_in(folder)
    changed = {path for path in old if old[path] != mended[path]}
    print(f"{sum(before.values())} findings, {sum(after.values())} after mending {len(changed)} files")
    assert before - after or not before
    assert not after - before
    broken = {path for path in changed if problems_in(mended[path]) > problems_in(old[path])}
    assert not broken
    # Where nothing was found and nothing changed, mending again would see what it saw already.
    touched = sorted({path.relative_to(folder).parts[0] for path in changed} | parts_of(after))
    if touched:
        again = findings_in([folder / name for name in touched], root, *MEND)
        assert by_place(again, folder) == after
        assert texts_in(folder) == mended


def by_place(findings: Findings, folder: Path) -> Found:
    """Count findings by what does not move with the lines: file below the folder, code and API."""
    places = (
        (Path(one["filename"]).absolute().relative_to(folder), one["code"], one["api"]) for one in findings
    )
    return Counter((path.as_posix(), code, api) for path, code, api in places)


def parts_of(found: Found) -> set[str]:
    """Return the integrations, or repositories, in which something was found: elsewhere is nothing to mend."""
    return {path.partition("/")[0] for path, _code, _api in found}


def texts_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.py")}


def problems_in(text: bytes) -> int:
    return len(extract(text.decode("utf-8-sig")).problems)
