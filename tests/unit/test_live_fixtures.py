"""Random edits of every fixture of the Markdown suites: the kept analysis says what one from nothing says.

Each fixture is edited as it is, and with its classes in files of their own: what one module is told of another's
insides matters then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from offloop.config import Settings
from offloop.project import Project
from offloop.source import Integration
from tests.edits import edited
from tests.mdtest import parse, world
from tests.mdtest.test_mdtest import SUITES
from tests.metamorphic.calls import moved_classes
from tests.metamorphic.text import Text

EDITS = int(os.environ.get("OFFLOOP_LIVE_EDITS", "4"))
SEED = os.environ.get("OFFLOOP_LIVE_SEED", "")


def _integration(texts: dict[str, str]) -> Integration:
    files = tuple(world.source_file(path, text) for path, text in sorted(texts.items()))
    return Integration("demo", world.PACKAGE, world.ROOT, files)


def _moved(texts: dict[str, str]) -> dict[str, str]:
    moved = moved_classes([Text.of(path, text) for path, text in sorted(texts.items())])
    return {text.path: text.content for text in moved}


@pytest.mark.parametrize("form", [dict, _moved], ids=["as it is", "classes moved"])
@pytest.mark.parametrize(
    "path", sorted(SUITES.glob("*/*.md")), ids=lambda path: path.relative_to(SUITES).as_posix()
)
def test_random_edits(path: Path, form: Callable[[dict[str, str]], dict[str, str]]) -> None:
    for test in parse.parse(path.read_text(encoding="utf-8")):
        random = Random(f"{path.name} {test.slug} {form.__name__} {SEED}")
        files = {name: file.text for name, file in test.files.items()}
        texts = {name: text for name, text in files.items() if not name.startswith(world.PACKAGES)}
        texts.setdefault("__init__.py", "")
        texts = form(texts)
        told = world.libraries(
            {name: text for name, text in files.items() if name.startswith(world.PACKAGES)}
        )
        catalog = world.catalog_of(test.release)
        project = Project(catalog, Settings(), libraries=told, live=True)
        edits = []
        edited_file = random.choice(sorted(texts))
        for _ in range(EDITS):
            assert project.check(_integration(texts)) == Project(catalog, Settings(), libraries=told).check(
                _integration(texts)
            ), f"{test.slug}, after {edits}"
            if random.random() < 0.15:
                edited_file = random.choice(sorted(texts))
            texts[edited_file] = edited(texts[edited_file], random)
            edits.append((edited_file, texts[edited_file]))
