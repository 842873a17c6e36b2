"""Brackets and strings that are not closed end at the end of their line."""

from __future__ import annotations

import pytest

from offloop.facts.closing import ended, still_open
from offloop.facts.extract import extract

AROUND = """\
class A:
    def f(self):
        {line}
        self.g(
            1,
        )

    def g(self, value): ...
"""


@pytest.mark.parametrize(
    ("line", "closed"),
    [
        ("self.g(", "self.g "),
        ("self.g(1, [2, ", "self.g" + 8 * " "),
        ("x = (", "x = 0"),
        ("x = {'a': [", "x = 0      "),
        ("x = [1, 'two", "x = 0       "),
        ("x = 'text", "x = 0    "),
        ("return (", "return 0"),
        ("value = self.g()(", "value = self.g() "),
        ("x = self[", "x = self "),
        (r"x = 'text\'", "x = 0      "),
        (r"x = 'text\\'", r"x = 'text\\'"),
        ('x = f"a {', "x = f    "),
        ("self.g(')')", "self.g(')')"),
        ("self.g()  # (", "self.g()  # ("),
    ],
)
def test_a_line(line: str, closed: str) -> None:
    text = AROUND.format(line=line)
    opened = still_open(text)
    assert opened is not None
    assert ended(text, opened) == AROUND.format(line=closed)
    assert [item.qualname for item in extract(text).functions] == ["A.f", "A.g"]
    assert len(extract(text).functions[0].calls) >= 1


def test_indentation_tells_which_of_several_is_open() -> None:
    text = AROUND.format(line="self.g(\n            self.g(\n        )")
    opened = still_open(text)
    assert opened is not None
    assert [text.count("\n", 0, item.offset) for item in opened] == [3]
    assert [problem.message for problem in extract(text).problems] == ["`(` was never closed"]


@pytest.mark.parametrize("line", ["self.g())", 'x = """', "x = ]", "self.g(]"])
def test_what_this_cannot_tell(line: str) -> None:
    text = AROUND.format(line=line)
    opened = still_open(text)
    assert not opened or extract(text).problems


def test_problems_are_at_the_brackets() -> None:
    problems = extract(AROUND.format(line="x = ([")).problems
    assert [(one.message, one.line, one.column) for one in problems] == [
        ("`(` was never closed", 2, 12),
        ("`[` was never closed", 2, 13),
    ]
