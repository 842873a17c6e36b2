"""Texts as they come: half-typed, hostile, with comments that silence findings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offloop.facts.extract import extract
from offloop.facts.model import ModuleFacts, Suppression
from offloop.text import LineIndex

HALF_TYPED = [
    "self.",
    "foo(",
    "foo(a, ",
    "foo(a=",
    "foo(*",
    "foo(**",
    "x = [",
    "x = {",
    "x = {1:",
    "x = (1,",
    "x[",
    "x[1:",
    "def f(self",
    "def f(self):",
    "def",
    "class",
    "class A",
    "class A(",
    "if",
    "if x",
    "if x:",
    "for",
    "for x in",
    "while",
    "with",
    "with a as",
    "try:",
    "except",
    "else:",
    "@",
    "@foo",
    "@foo(",
    "'abc",
    '"abc',
    'f"abc{',
    'f"abc{x',
    '"""abc',
    "'''",
    'r"""\n    more',
    "async",
    "async def",
    "await",
    "lambda",
    "lambda x:",
    "x =",
    "return",
    "import",
    "from",
    "from a",
    "from a import",
    "from a import (",
    "x: ",
    "x.y = ",
    "not",
    "a if",
    "a if b else",
    "[x for",
    "yield",
    "raise",
    "del",
    "é = 'ü",
    "\\",
    "  x",
    "\tx",
    "match x:",
    "match x:\n        case",
    "case 1:",
    " }",
    "  )",
    "]",
    "?",
    "$",
    "a b",
    "1a",
    "foo(\n        a,\n        b",
    "x = [\n        1,",
    "foo(bar(",
    'foo("',
    "foo('é",
]

AROUND = '''import a

def one(x):
    {}

    b()

@deco
async def two(y):
    """Doc."""
    c(y)

class K:
    """Doc."""

    def three(self):
        \'\'\'Doc\'\'\'
        self.d()

def four():
    return e()
'''


@pytest.mark.parametrize("typed", HALF_TYPED)
def test_half_typed_code_keeps_all_other_definitions(typed: str) -> None:
    text = AROUND.format(typed)
    facts = extract(text)
    names = {function.qualname: function for function in facts.functions}
    assert {"one", "two", "K.three", "four"} <= set(names)
    assert "K" in {cls.qualname for cls in facts.classes}
    assert facts.problems or typed in ("return", "yield", "raise", "\\")
    for qualname in ("two", "K.three", "four"):
        function = names[qualname]
        assert text[function.name_start : function.name_end] == function.name
        assert len(function.calls) == 1
    assert names["two"].decorators


@pytest.mark.parametrize("typed", HALF_TYPED)
def test_half_typed_code_at_the_end_of_the_text(typed: str) -> None:
    text = f"def one():\n    a()\n\ndef two():\n    {typed}"
    assert {"one", "two"} <= {function.qualname for function in extract(text).functions}


def test_definitions_in_strings_are_none() -> None:
    text = 'def f():\n    """Example:\n\n    def g(): pass\n    """\n    x[\n\n@d\nasync def h(): pass\n'
    assert [function.qualname for function in extract(text).functions] == ["f", "h"]


def test_definitions_stay_in_their_scope_behind_wrong_indentation() -> None:
    text = "class A:\n    def f(self):\n        a()\n          b\n        c()\n\n    def g(self): pass\n"
    assert [function.qualname for function in extract(text).functions] == ["A.f", "A.g"]


def test_call_of_an_unfinished_name_is_kept() -> None:
    facts = extract("def f():\n    a.b().\n    c()\n")
    assert next(call.end for call in facts.functions[0].calls) == 18


def test_place_of_a_problem() -> None:
    (problem,) = extract("é = 1\nä = (é.)\n").problems
    assert (problem.line, problem.column) == (1, 7)
    (problem,) = extract("\ufeffx.\n").problems
    assert (problem.line, problem.column) == (0, 3)


N = 30_000


@pytest.mark.parametrize(
    "text",
    [
        "x" + ".a" * N,
        "x" + "()" * N,
        "x" + "[0]" * N,
        "1" + "+1" * N,
        "x: a" + "|b" * N,
        "@" * N,
        "(" * N,
        "(" * N + ")" * N,
        "-" * N + "x",
        "f(a=" * N,
        "lambda: " * N,
        "not " * N,
        "a if b else " * N + "c",
        "f(\n" + "a.b +\n" * N + "c)",
        'x: "' + "a[" * N + '"',
        "1" + "|1" * 900,
        "def f(x: " + "a|" * 900 + "b): 1",
        "é" + ".a" * N,
        "f'{" * 200,
        "a." * N,
        "match x:\n case " + "(" * 1000,
        '"a" ' * N,
        "if x: 1\n" + "elif y: 1\n" * 2000,
        "9" * 5000,
        "0777",
        "0x",
        "\x00" * 100,
        "\ufeff\ufeffx",
        "\ud800 = 1",
        "'\ud800'",
        '"""' * N,
    ],
)
def test_hostile_statement_costs_nothing_but_itself(text: str) -> None:
    facts = extract(f"{text}\ndef last():\n    g()\n")
    last = facts.functions[-1]
    assert (last.qualname, len(last.calls)) == ("last", 1)
    repr(facts)
    hash(facts)


@pytest.mark.parametrize(
    "text", ["", "\ufeff", "\n", "\r", "\x00", "\f", "\ud800", "'", '"""', "\\", "(" * 10, "#"]
)
def test_texts_of_nothing(text: str) -> None:
    facts = extract(text)
    assert (facts.functions, facts.classes, facts.imports, facts.calls) == ((), (), (), ())


def test_deeply_nested_blocks() -> None:
    text = "\n".join(" " * depth + "if x:" for depth in range(3000)) + "\n" + " " * 3000 + "f()\n"
    assert isinstance(extract(text), ModuleFacts)


def test_five_megabytes() -> None:
    facts = extract("# comment é\n" * 450_000 + "f()\n")
    assert facts.calls[0].end == 450_000 * 12 + 3


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    for problem in extract(text).problems:
        assert 0 <= problem.line < len(LineIndex(text).starts)


PIECES = [*"()[]{}:,.=@+'\"#\\\n\t \ré", "def f", "class A", "\n    ", "lambda", "async ", '"""', "for x in "]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_shape_of_code_raises(text: str) -> None:
    for function in extract(text).functions:
        assert 0 <= function.start <= function.end <= len(text)


# ------------------------------------------------------------------ comments
@pytest.mark.parametrize(
    ("comment", "codes", "style"),
    [
        ("# offloop: ignore[HAT101, HAT102]", ("HAT101", "HAT102"), "offloop"),
        ("# offloop: ignore", (), "offloop"),
        ("#offloop:ignore[hat101]", ("HAT101",), "offloop"),
        ("# noqa: HAT101", ("HAT101",), "noqa"),
        ("# noqa: BLE001,HAT101", ("BLE001", "HAT101"), "noqa"),
        ("# noqa", (), "noqa"),
        ("# NOQA:HAT101", ("HAT101",), "noqa"),
    ],
)
def test_suppression(comment: str, codes: tuple[str, ...], style: str) -> None:
    text = f"é = 1\r\nx = '# noqa'  {comment}\ny\n"
    start = text.rindex(comment)
    assert extract(text).suppressions == (Suppression(1, codes, style, start, start + len(comment)),)


@pytest.mark.parametrize(
    "line",
    [
        "x = '# noqa'",
        'x = """\n# noqa\n"""',
        "x = 'it\\'s # noqa'",
        "# offloop: ignores",
        "# offloop: ignore[]",
        "# noqa: because",
        "# noqas",
        "# offloop",
    ],
)
def test_no_suppression(line: str) -> None:
    assert extract(line + "\n").suppressions == ()


def test_several_suppressions_in_one_comment() -> None:
    found = extract("x  # type: ignore  # noqa: E501  # offloop: ignore[HAT101]\n").suppressions
    assert [(item.codes, item.style) for item in found] == [(("E501",), "noqa"), (("HAT101",), "offloop")]
