"""Each fixture of the Markdown suites is replayed in other forms that mean the same, and must give the same findings.

A form that finds nothing to change in a fixture, or that this Python cannot read, is not applicable to it. How
often each form applied is printed with ``-rP``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from offloop.text import LineIndex
from tests.mdtest import parse, world
from tests.mdtest.test_mdtest import SUITES
from tests.metamorphic import calls, functions, imports, layout
from tests.metamorphic.text import Origin, Text, places

Form = Callable[[list[Text]], list[Text]]

# Each form with the number of fixtures that it has to apply to, and whether functions keep their names.
FORMS: dict[Form, tuple[int, bool]] = {
    layout.blank_lines: (150, True),
    layout.trailing_comments: (150, True),
    layout.crlf: (150, True),
    layout.tabs: (150, True),
    layout.one_liners: (60, True),
    layout.non_ascii_names: (80, False),
    layout.local_names: (20, True),
    imports.import_aliases: (100, True),
    imports.module_imports: (80, True),
    imports.guarded_imports: (120, True),
    functions.hass_in_a_local: (40, True),
    functions.in_try: (120, True),
    functions.defs_to_lambdas: (15, False),
    functions.lambdas_to_defs: (7, False),
    functions.methods_to_functions: (60, False),
    functions.decorated_above: (100, True),
    functions.decorated_below: (100, True),
    functions.hass_unannotated: (30, True),
    functions.annotations_quoted: (50, True),
    functions.bases_in_variables: (60, True),
    calls.partials: (50, True),
    calls.variables: (50, True),
    calls.receivers_in_variables: (60, True),
    calls.moved_classes: (60, True),
}

Found = tuple[str, str, str, Origin | None]


@cache
def _fixtures() -> list[tuple[str, dict[str, str]]]:
    return [
        (
            f"{path.relative_to(SUITES).with_suffix('').as_posix()}::{test.slug}",
            {name: file.text for name, file in test.files.items()},
        )
        for path in sorted(SUITES.rglob("*.md"))
        if path.name != "README.md"
        for test in parse.parse(path.read_text(encoding="utf-8"))
    ]


@cache
def _expected(name: str) -> Counter[Found]:
    texts = dict(_fixtures())[name]
    return _findings(texts, {}, with_names=True)


def _findings(texts: dict[str, str], origins: dict[Origin, Origin], *, with_names: bool) -> Counter[Found]:
    """Return code, API, function and original place of each finding."""
    result = world.check(texts)
    assert not result.problems, result.problems
    indexes = {name: LineIndex(text) for name, text in texts.items()}
    found: Counter[Found] = Counter()
    for one in result.diagnostics:
        path = world.relative(one.path)
        place = (path, indexes[path].position(one.span.start).line + 1)
        function = (one.function or "") if with_names else ""
        found[one.code, one.api, function, origins.get(place, place if not origins else None)] += 1
    return found


def _without_names(found: Counter[Found]) -> Counter[Found]:
    result: Counter[Found] = Counter()
    for (code, api, _, place), count in found.items():
        result[code, api, "", place] += count
    return result


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_same_findings(form: Form) -> None:
    least, keeps_names = FORMS[form]
    applied, complaints = 0, []
    for name, texts in _fixtures():
        own = [Text.of(path, text) for path, text in texts.items() if not path.startswith("site-packages/")]
        packages = {path: text for path, text in texts.items() if path.startswith("site-packages/")}
        if any(text.tree() is None for text in own):
            continue
        rewritten = form(own)
        after = {text.path: text.content for text in rewritten}
        if not after or after == {text.path: text.content for text in own}:
            continue
        applied += 1
        wanted = _expected(name)
        found = _findings({**packages, **after}, places(rewritten), with_names=keeps_names)
        if not keeps_names:
            wanted, found = _without_names(wanted), _without_names(found)
        if found != wanted:
            complaints.append(
                f"{name}: gone {sorted((wanted - found).elements(), key=str)}, "
                f"new {sorted((found - wanted).elements(), key=str)}"
            )
    print(f"{form.__name__}: applies to {applied} of {len(_fixtures())} fixtures")
    if complaints:
        pytest.fail(f"{len(complaints)} of {applied}\n" + "\n".join(complaints), pytrace=False)
    assert applied >= least
