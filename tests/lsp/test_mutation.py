"""Broken files: cut anywhere, with lines taken out. No exception, and every question is answered.

``OFFLOOP_TEST_MUTATIONS=full`` takes every file of 200 integrations and cuts it at 20 places; by default a sample
of them is taken, another one with another ``OFFLOOP_TEST_SEED``.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offloop.facts.extract import extract
from offloop.inference.questions.cursor import target_at
from offloop.inference.questions.explain import explain
from offloop.inference.questions.hierarchy import incoming, outgoing
from offloop.inference.questions.offers import offers
from offloop.inference.questions.outline import marks, outline
from offloop.project import Project
from offloop.source import integration_of, load_integration
from tests.lsp.sequences import SETTINGS, catalog

IS_FULL = os.environ.get("OFFLOOP_TEST_MUTATIONS") == "full"
SEED = int(os.environ.get("OFFLOOP_TEST_SEED", "20261122"))
INTEGRATIONS = 200
CUTS = 20 if IS_FULL else 2
CHECKED = INTEGRATIONS if IS_FULL else 25


def mutated(text: str, chooser: random.Random, cuts: int) -> Iterator[str]:
    """The text cut at random places, and with random lines taken out."""
    for _ in range(cuts):
        yield text[: chooser.randrange(len(text) + 1)]
    lines = text.splitlines(keepends=True)
    for _ in range(max(1, cuts // 4)):
        yield "".join(line for line in lines if chooser.random() > 0.05)


def components(sources: Path) -> list[Path]:
    """The same integrations for the same seed."""
    folders = sorted((sources / "homeassistant" / "components").iterdir())
    folders = [folder for folder in folders if (folder / "__init__.py").is_file()]
    return random.Random(SEED).sample(folders, INTEGRATIONS)


def test_facts_of_broken_files(release: Callable[[str], Path]) -> None:
    chooser = random.Random(SEED)
    count = 0
    for folder in components(release("2026.11.0")):
        files = sorted(folder.rglob("*.py"))
        for file in files if IS_FULL else chooser.sample(files, min(2, len(files))):
            text = file.read_text(encoding="utf-8")
            for broken in mutated(text, chooser, CUTS):
                found = extract(broken)
                assert all(0 <= one.start <= one.end <= len(broken) for one in found.functions), file
                count += 1
    assert count >= INTEGRATIONS * CUTS


def test_checks_and_questions_of_broken_files(release: Callable[[str], Path]) -> None:
    chooser = random.Random(SEED + 1)
    answers = 0
    for folder in components(release("2026.11.0"))[:CHECKED]:
        home = integration_of(folder / "__init__.py")
        project = Project(catalog(), SETTINGS)
        path = str(chooser.choice(sorted(folder.rglob("*.py"))))
        text = Path(path).read_text(encoding="utf-8")
        for broken in mutated(text, chooser, 2):
            result = project.check(load_integration(home, texts={path: broken}))
            assert not [problem for problem in result.problems if problem.internal], (path, result.problems)
            answers += _ask_all(project, path, broken, chooser)
    assert answers


def _ask_all(project: Project, path: str, text: str, chooser: random.Random) -> int:
    """Ask what an editor asks, at the end and at random places; returns how much was answered."""
    analysis = project.analysis
    assert analysis is not None
    shown = marks(analysis, path)
    count = len(shown) + len(outline(analysis, path))
    for mark in shown[:20]:
        assert 0 <= mark.offset <= len(text)
        count += len(incoming(analysis, mark.function)) + len(outgoing(analysis, mark.function))
    for place in [len(text), *(chooser.randrange(len(text) + 1) for _ in range(20))]:
        target = target_at(analysis, path, place)
        known = explain(analysis, target) if target is not None else None
        count += (known is not None) + (offers(analysis, path, place) is not None)
    return count


@pytest.mark.parametrize(
    "text", ["(" * 20_000, "[" * 300 + "]" * 300, "if x:\n" * 500, "a." * 5000, "-" * 3000]
)
def test_deep_nesting(text: str) -> None:
    """Nothing of it may end the process: a stack that overflows in compiled code would."""
    body = f"def f():\n    {text}\n\n\ndef g():\n    pass\n"
    found = extract(body)
    assert all(one.end <= len(body) for one in found.functions)
