"""The world of the suites: the stand-in's catalog, and integrations made of texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from offloop.catalog.derive import derive
from offloop.catalog.libraries import Libraries, derive_library, told_beneath
from offloop.catalog.load import load_bundled
from offloop.config import Settings
from offloop.facts.extract import extract
from offloop.inference.program import ModuleInput
from offloop.library.model import Catalog
from offloop.project import CheckResult, Project
from offloop.source import Integration, SourceFile, source_from_text

MINIHASS = Path(__file__).parents[1] / "minihass"
ROOT = "/config/custom_components/demo"
PACKAGE = "custom_components.demo"
PACKAGES = "site-packages/"


@cache
def minihass_catalog() -> Catalog:
    """Return the catalog that the derivation makes of the stand-in."""
    return derive(MINIHASS, "2026.11.0")


def source_file(path: str, text: str) -> SourceFile:
    """Return a file of the demo integration."""
    parts = path.removesuffix(".py").split("/")
    is_package = parts[-1] == "__init__"
    module = ".".join([PACKAGE, *(parts[:-1] if is_package else parts)])
    return source_from_text(f"{ROOT}/{path}", module, is_package, text)


def libraries(files: Mapping[str, str]) -> Libraries:
    """Return what the libraries among these texts tell, those below ``site-packages/``."""
    inputs: dict[str, list[ModuleInput]] = {}
    for path, text in sorted(files.items()):
        parts = path.removesuffix(".py").split("/")[1:]
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        inputs.setdefault(parts[0], []).append(ModuleInput(module, path, is_package, text, extract(text)))
    known = {root: derive_library(root, found, told_beneath(found)) for root, found in inputs.items()}
    return Libraries([], use_cache=False, known=known)


@cache
def catalog_of(release: str | None) -> Catalog:
    """Return the bundled catalog of a release, that of the stand-in where none is named."""
    return minihass_catalog() if release is None else load_bundled(release)


def check(files: Mapping[str, str], release: str | None = None) -> CheckResult:
    """Check an integration made of these texts in the world of a release, or of the stand-in."""
    texts = {path: text for path, text in files.items() if not path.startswith(PACKAGES)}
    told = libraries({path: text for path, text in files.items() if path.startswith(PACKAGES)})
    texts.setdefault("__init__.py", "")
    integration = Integration(
        "demo", PACKAGE, ROOT, tuple(source_file(path, text) for path, text in sorted(texts.items()))
    )
    return Project(catalog_of(release), Settings(), libraries=told).check(integration)


def relative(path: str) -> str:
    """Return a path of the demo integration as the suites write it; Home Assistant's as it is."""
    return path.removeprefix(f"{ROOT}/")
