"""Where each function runs, shown beside it: inlay hints and code lenses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from offloop.lsp.actions import SHOW_WHY
from offloop.lsp.places import Places

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis
    from offloop.inference.questions.outline import Mark


def inlay_hints(analysis: Analysis, places: Places, path: str, wanted: types.Range) -> list[types.InlayHint]:
    """Return the hints of a range: behind the header of each function, before each lambda."""
    hints = []
    for mark in _marks(analysis, path):
        if mark.is_evident and places.report.settings.inlay_hints != "all":
            continue
        place = places.position(path, mark.offset)
        if wanted.start.line <= place.line <= wanted.end.line:
            hints.append(
                types.InlayHint(
                    position=place,
                    label=f"{mark.label}:" if mark.is_lambda else mark.label,
                    padding_left=not mark.is_lambda,
                    padding_right=mark.is_lambda,
                    data={"path": path, "offset": mark.offset},
                )
            )
    return hints


def code_lenses(analysis: Analysis, places: Places, path: str) -> list[types.CodeLens]:
    """Return a lens for each function, lambdas left out; it runs the command that shows why."""
    lenses = []
    for mark in _marks(analysis, path):
        if mark.is_lambda:
            continue
        facts = analysis.program.facts(mark.function)
        place = places.position(path, facts.name_start)
        argument = {"uri": places.uri(path), "position": {"line": place.line, "character": place.character}}
        command = types.Command(mark.label, SHOW_WHY, arguments=[argument])
        lenses.append(types.CodeLens(types.Range(place, place), command=command))
    return lenses


def labels(analysis: Analysis, path: str) -> tuple[str, ...]:
    """Return what is shown beside the functions of a file, places left out: those the client moves itself."""
    return tuple(mark.label for mark in _marks(analysis, path))


def _marks(analysis: Analysis, path: str) -> Iterator[Mark]:
    from offloop.inference.questions.outline import marks  # noqa: PLC0415 - start fast

    yield from marks(analysis, path)
