"""Where a catalog comes from: the cache, the sources, the bundle."""

from __future__ import annotations

import marshal
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from offloop.catalog import load as loading
from offloop.catalog.load import NoCatalogError, bundled_versions, cache_folder, load_bundled, load_catalog
from offloop.catalog.locate import BundledRequest, HomeAssistant
from offloop.catalog.shelf import shelf
from offloop.catalog.store import FORMAT, MAGIC, MARSHAL, load, sealed, unsealed
from offloop.library.model import Catalog
from tests.mdtest.world import MINIHASS, minihass_catalog


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("OFFLOOP_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bundled"
    folder.mkdir()
    monkeypatch.setattr(loading, "BUNDLE", folder)
    for year, versions in {"2024": ["2024.4.4", "2024.12.1"], "2025": ["2025.2.0"]}.items():
        catalogs = [replace(minihass_catalog(), version=version) for version in versions]
        (folder / f"{year}.catalogs").write_bytes(shelf(catalogs))
    return folder


def derived(root: Path = MINIHASS, *, use_cache: bool = True) -> tuple[Catalog, int]:
    """Return a catalog, and how often sources had to be read for it."""
    times: list[None] = []
    location = HomeAssistant(root, "2026.11.0", "test")
    catalog = load_catalog(location, use_cache=use_cache, deriving=lambda: times.append(None))
    return catalog, len(times)


def test_derived_once(cache: Path) -> None:
    first, times = derived()
    again, later = derived()
    assert (times, later) == (1, 0)
    assert again.loop_apis == first.loop_apis
    assert again.source_root == str(MINIHASS)
    assert len(list(cache.iterdir())) == 1


def test_no_cache_leaves_nothing_behind(cache: Path) -> None:
    assert derived(use_cache=False)[1] == 1
    assert derived(use_cache=False)[1] == 1
    assert not cache.exists()


def of_another_form(whole: bytes) -> bytes:
    """Return a sound file that another version of offloop has written."""
    core, modules = marshal.loads(unsealed(MAGIC, whole))
    other = marshal.dumps({**marshal.loads(core), "format": FORMAT + 1}, MARSHAL)
    return sealed(MAGIC, marshal.dumps((other, modules), MARSHAL))


def with_a_bit_flipped(place: float) -> Callable[[bytes], bytes]:
    def flipped(whole: bytes) -> bytes:
        at = int(place * (len(whole) - 1))
        return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]

    return flipped


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "rubbish": lambda _: b"rubbish",
    "cut in the middle": lambda whole: whole[: len(whole) // 2],
    "cut at its end": lambda whole: whole[:-1],
    "too long": lambda whole: whole + b"\0",
    "another form": of_another_form,
    "zeros": lambda whole: bytes(len(whole)),
    **{f"bit at {place}": with_a_bit_flipped(place) for place in (0, 0.001, 0.01, 0.3, 0.7, 1)},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_made_anew(cache: Path, damage: str) -> None:
    derived()
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(DAMAGES[damage](whole))
    catalog, times = derived()
    assert times == 1
    assert catalog.notices == ()
    assert derived()[1] == 0
    assert file.read_bytes() == whole


@pytest.mark.usefixtures("cache")
def test_a_folder_in_the_place_of_a_cache_file(cache: Path) -> None:
    derived()
    (file,) = cache.iterdir()
    file.unlink()
    file.mkdir()
    (file / "something").touch()
    catalog, times = derived()
    assert (times, len(catalog.notices)) == (1, 1)
    assert str(cache) in catalog.notices[0]


DERIVE = """
import sys, time
from pathlib import Path
from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant
print("ready", flush=True)
sys.stdin.readline()
times = []
catalog = load_catalog(HomeAssistant(Path(sys.argv[1]), "2026.11.0", "test"), deriving=lambda: times.append(1))
print(len(times), len(catalog.loop_apis), len(catalog.modules), len(catalog.notices), flush=True)
"""


def test_processes_that_derive_and_write_at_once(cache: Path) -> None:
    command = [sys.executable, "-c", DERIVE, str(MINIHASS)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert {tuple(one[1:]) for one in told} == {
        (str(len(minihass_catalog().loop_apis)), str(len(minihass_catalog().modules)), "0")
    }
    assert sum(int(one[0]) for one in told) >= 2, "they did not run at once"
    (file,) = cache.iterdir()  # nothing temporary is left
    assert load(file.read_bytes(), None).loop_apis == minihass_catalog().loop_apis
    assert derived()[1] == 0


def test_changed_sources_are_read_again(cache: Path, tmp_path: Path) -> None:
    root = tmp_path / "changed"
    shutil.copytree(MINIHASS, root)
    assert derived(root)[1] == 1
    core = root / "homeassistant" / "core.py"
    core.write_text(core.read_text("utf-8") + "\n\ndef async_more() -> None: ...\n", "utf-8")
    catalog, times = derived(root)
    assert times == 1
    assert "homeassistant.core.async_more" in catalog.loop_apis


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    monkeypatch.setenv("OFFLOOP_CACHE_DIR", str(file / "cache"))
    catalog, _ = derived()
    assert catalog.loop_apis
    (notice,) = catalog.notices
    assert notice.startswith("the cache cannot be written, so that Home Assistant is read anew each time: ")
    assert str(file / "cache") in notice


def test_the_command_line_says_once_that_the_cache_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for name in ("one", "two"):
        folder = tmp_path / "custom_components" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
        (folder / "manifest.json").write_text(f'{{"domain": "{name}"}}')
    done = subprocess.run(
        [sys.executable, "-m", "offloop", "check", str(tmp_path), "--home-assistant", str(MINIHASS)],
        env={**os.environ, "OFFLOOP_CACHE_DIR": str(tmp_path / "file" / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr.count("cache cannot be written") == 1


def test_a_failing_write_leaves_no_half_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, target: object) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", fail)
    assert derived()[0].loop_apis
    assert list(cache.iterdir()) == []


def test_readers_never_see_half_a_file(cache: Path) -> None:
    location = HomeAssistant(MINIHASS, "2026.11.0", "test")
    derived()
    (file,) = cache.iterdir()
    data = file.read_bytes()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            loading.write_cached(file, data)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(50):
            load_catalog(location, deriving=lambda: pytest.fail("the cache was not whole"))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert [path.name for path in cache.iterdir()] == [file.name]


def test_no_home_assistant(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "empty" / "homeassistant").mkdir(parents=True)
    with pytest.raises(NoCatalogError):
        derived(tmp_path / "empty")


def test_the_cache_folder_can_be_chosen() -> None:
    assert cache_folder({"OFFLOOP_CACHE_DIR": "/chosen"}) == Path("/chosen")
    assert cache_folder({}).name == "offloop"


@pytest.mark.usefixtures("bundle")
class TestBundle:
    def test_versions_by_age(self) -> None:
        assert bundled_versions() == ["2024.4.4", "2024.12.1", "2025.2.0"]

    @pytest.mark.parametrize(
        ("wanted", "used"),
        [
            ("2024.12.1", "2024.12.1"),
            ("2025.1.3", "2024.12.1"),
            ("2024.5.0", "2024.4.4"),
            ("2030.1.0", "2025.2.0"),
            ("2021.1.0", "2024.4.4"),
        ],
    )
    def test_the_nearest_older_one(self, wanted: str, used: str) -> None:
        catalog = load_catalog(BundledRequest(wanted, "test"))
        assert catalog.version == used
        said = [notice for notice in catalog.notices if wanted in notice and used in notice]
        assert bool(said) == (wanted != used)

    def test_the_release_of_a_month(self) -> None:
        catalog = load_bundled("2024.4")
        assert (catalog.version, catalog.notices) == ("2024.4.4", minihass_catalog().notices)

    def test_the_newest_where_none_is_named(self) -> None:
        catalog = load_bundled(None)
        assert (catalog.version, catalog.notices) == ("2025.2.0", minihass_catalog().notices)

    def test_a_damaged_file_is_told(self, bundle: Path) -> None:
        file = bundle / "2025.catalogs"
        file.write_bytes(file.read_bytes()[:-10])
        with pytest.raises(NoCatalogError, match=r"2025\.2\.0"):
            load_bundled("2025.2.0")
        assert load_bundled("2024.4.4").version == "2024.4.4"

    def test_nothing_is_bundled(self, bundle: Path) -> None:
        for file in bundle.iterdir():
            file.write_bytes(b"rubbish")
        with pytest.raises(NoCatalogError, match="no catalog is bundled"):
            load_bundled(None)


def test_what_comes_along_can_be_read() -> None:
    versions = bundled_versions()
    assert {"2024.4.4", "2025.4.4", "2026.11.0"} <= set(versions)
    for version in (versions[0], versions[-1]):
        catalog = load_bundled(version)
        assert catalog.version == version
        assert catalog.modules["homeassistant.core"].names
        assert catalog.source_root is None
    assert sum(file.stat().st_size for file in loading.BUNDLE.iterdir()) < 2_800_000
