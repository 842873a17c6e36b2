"""A catalog to bytes and back: nothing is lost, and damaged bytes are known for what they are."""

from __future__ import annotations

import marshal
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offloop.catalog.shelf import read_release, shelf, versions_in
from offloop.catalog.store import FORMAT, DamagedCatalogError, dump, joined, load, parts
from offloop.library.model import Catalog
from tests.mdtest.world import minihass_catalog


def compared(catalog: Catalog) -> dict[str, object]:
    found = {field.name: getattr(catalog, field.name) for field in fields(catalog)}
    return {**found, "modules": dict(catalog.modules), "source_root": None}


@pytest.fixture(scope="module")
def stored() -> bytes:
    return dump(minihass_catalog())


def test_nothing_is_lost(stored: bytes) -> None:
    catalog = minihass_catalog()
    assert catalog.sync_apis
    assert catalog.modules
    loaded = load(stored, "/somewhere")
    assert compared(loaded) == compared(catalog)
    assert loaded.source_root == "/somewhere"


def test_the_same_catalog_is_the_same_bytes(stored: bytes) -> None:
    assert dump(load(stored, None)) == dump(load(dump(load(stored, None)), None))


def test_modules_can_be_asked_for_and_counted(stored: bytes) -> None:
    modules = load(stored, None).modules
    assert "homeassistant.core" in modules
    assert "homeassistant.nowhere" not in modules
    assert len(modules) == len(list(modules))
    assert modules.get("homeassistant.nowhere") is None


@pytest.mark.parametrize(
    "data", [b"", b"offloop catalog\n", b"offloop catalog\n" + b"\0" * 40, b"PK\x03\x04"]
)
def test_what_is_no_catalog(data: bytes) -> None:
    with pytest.raises(DamagedCatalogError):
        load(data, None)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_of_any_kind(data: st.DataObject) -> None:
    stored = dump(minihass_catalog())
    place = data.draw(st.integers(0, len(stored) - 1))
    match data.draw(st.sampled_from(["cut", "flip", "insert", "drop"])):
        case "cut":
            damaged = stored[:place]
        case "flip":
            damaged = stored[:place] + bytes([stored[place] ^ 0x41]) + stored[place + 1 :]
        case "insert":
            damaged = stored[:place] + b"\xff" + stored[place:]
        case _:
            damaged = stored[:place] + stored[place + 1 :]
    with pytest.raises(DamagedCatalogError):
        load(damaged, None)


@pytest.mark.parametrize(
    "core",
    [{}, [], None, {"format": 1}, {"format": FORMAT}, 7, {"format": FORMAT, "loop_apis": [(1, 2)]}],
    ids=repr,
)
def test_data_of_another_shape(core: object) -> None:
    with pytest.raises(DamagedCatalogError):
        joined(marshal.dumps(core), {}, None)


def test_several_releases_in_one_file(tmp_path: Path) -> None:
    newer = minihass_catalog()
    first, *others = newer.modules
    older = replace(newer, version="2025.1.0", modules={name: newer.modules[name] for name in others})
    file = tmp_path / "some.catalogs"
    file.write_bytes(shelf([older, newer]))
    assert versions_in(file) == ["2025.1.0", newer.version]
    assert compared(read_release(file, newer.version)) == compared(newer)
    assert compared(read_release(file, "2025.1.0")) == compared(older)
    assert first not in read_release(file, "2025.1.0").modules
    with pytest.raises(DamagedCatalogError):
        read_release(file, "2024.1.0")


def read_named(file: Path) -> Catalog:
    (version,) = versions_in(file)
    return read_release(file, version)


def test_a_damaged_file_of_releases(tmp_path: Path) -> None:
    whole = shelf([minihass_catalog()])
    file = tmp_path / "some.catalogs"
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        for damaged in (whole[:place], whole[:place] + b"?" + whole[place + 1 :]):
            if damaged == whole:
                continue
            file.write_bytes(damaged)
            with pytest.raises(DamagedCatalogError):
                read_named(file)


def test_parts_hold_one_blob_a_module() -> None:
    _, modules = parts(minihass_catalog())
    assert modules.keys() == minihass_catalog().modules.keys()
