"""Rewriting new syntax for the older parser: what comes out is as long, and is read without an error."""

from __future__ import annotations

import parso
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offloop.resolve.downlevel import downlevel
from offloop.text import LineIndex

OLD = [
    "class A(B): pass\n",
    "def f(*args: int, **more) -> None: ...\n",
    "x = [*a, *b]\n",
    "def f(): return [*a]\n",
    "x = y in [*a] or [*b]\n",
    "async def f(): await [*a]\n",
    "f(*a, **b)\n",
    "type = 1\n",
    "type(x).y = 2\n",
    "match = case = 3\n",
    "match.group(1)\n",
    "match[0] = 1\n",
    "match(x)\n",
    "try:\n    pass\nexcept (A, B) as error:\n    pass\n",
    "with (a, b):\n    pass\n",
    "with (yield):\n    pass\n",
    "f'{x!r:>{width}} {{}} {y[\"z\"]}'\n",
    "rb'\\''\n",
    "# except A, B:\n",
    "'''\ntype X = int\nexcept A, B:\n'''\n",
]
NEW = [
    ("def f(*args: *Ts): pass\n", "def f(*args:  Ts): pass\n"),
    ("def f(\n    *args: *tuple[int],\n): pass\n", "def f(\n    *args:  tuple[int],\n): pass\n"),
    ("x: A[*Ts]\n", "x: A[ Ts]\n"),
    ("x: A[int, *Ts]\n", "x: A[int,  Ts]\n"),
    ("type X = int\n", "type;X = int\n"),
    ("type X[T: int] = list[T]\n", "type;X         = list[T]\n"),
    ("type X[\n    T\n] = T\n", None),
    ("type X[ \n    T, \n] = T\n", "type;X \\\n      \\\n  = T\n"),
    ("class A[T: (int, str)](B[T]): pass\n", "class A(               B[T]): pass\n"),
    ("class A[T]: pass\n", "class A( ): pass\n"),
    ("class A[\n    T = int,  # why\n](B):\n    pass\n", "class A(\n                   \n  B):\n    pass\n"),
    ("def f[T, **P](x: T): pass\n", "def f(        x: T): pass\n"),
    ("def f[T, U: int](x: T) -> list[T]: pass\n", "def f(           x: T)           : pass\n"),
    ("def f[T](x: T) -> list[int]: pass\n", "def f(   x: T) -> list[int]: pass\n"),
    ("def f[T](\n    x: T,\n) -> dict[ \n    int, T \n]: pass\n", None),
    ("async def f[*Ts](): pass\n", "async def f(     ): pass\n"),
    ("try:\n    pass\nexcept A, b.C:\n    pass\n", "try:\n    pass\nexcept A     :\n    pass\n"),
    ("try:\n    pass\nexcept* A:\n    pass\n", "try:\n    pass\nexcept  A:\n    pass\n"),
    ("try:\n    pass\nexcept *A, B:\n    pass\n", "try:\n    pass\nexcept  A   :\n    pass\n"),
    ("with (a as b, c as d,):\n    pass\n", "with  a as b, c as d  :\n    pass\n"),
    ("with (\n    a as b,\n    c(x),\n):\n    pass\n", "with (\n    a     ,\n    c(x),\n):\n    pass\n"),
    ("t'a{x}'\n", "u'a{x}'\n"),
    ("y = rt'{x}'\n", None),
    ('f"{x["a"]}"\n', 'u"{x[ a ]}"\n'),
    ('y = f"{x + "\\n"}"\n', None),
    ('y = f"{\n    x  # why\n}"\n', None),
    ('y = f"""{f"{a["b"]:{"c"}}"}"""\n', None),
    (
        "match x:\n    case A(b) if c:\n        d()\n    case _:\n        pass\n",
        "while x:\n    with A(b)  , c:\n        d()\n    with _:\n        pass\n",
    ),
    (
        "match x, *y:\n    case [A() as b, *rest], *_:\n        pass\n",
        "while x    :\n    with [A()     , *rest],  _:\n        pass\n",
    ),
    ("match (x):\n    case {'a': 1, **rest} | None:\n        pass\n", None),
    ("match x:\n    case 1 | 2 as y: f(y)\n", "while x:\n    with 1 | 2 as y: f(y)\n"),
    ("match x:\n    case a, b,:\n        match b:\n            case 1:\n                pass\n", None),
    ("match x:\n    case 1:\n        case = 2\n        case.f()\n    case -1:\n        pass\n", None),
]


def has_errors(text: str) -> bool:
    grammar = parso.load_grammar(version="3.11")
    return any(True for _ in grammar.iter_errors(grammar.parse(text)))


def assert_in_place(before: str, after: str) -> None:
    assert len(after) == len(before)
    assert LineIndex(after).starts == LineIndex(before).starts


@pytest.mark.parametrize("text", OLD)
def test_old_syntax_stays(text: str) -> None:
    assert downlevel(text) == text


@pytest.mark.parametrize(("text", "expected"), NEW)
def test_new_syntax_is_read(text: str, expected: str | None) -> None:
    after = downlevel(text)
    assert_in_place(text, after)
    if expected is not None:
        assert after == expected
    if "type X[\n" not in text:  # the one that leaves no room
        assert not has_errors(after)


@pytest.mark.parametrize(("text", "expected"), NEW)
def test_other_line_ends(text: str, expected: str | None) -> None:
    for end in ("\r\n", "\r"):
        changed = text.replace("\n", end)
        after = downlevel(changed)
        assert_in_place(changed, after)
        if expected is not None and "\\" not in expected:
            assert after == expected.replace("\n", end)


def test_half_typed_code_before_does_not_hide_what_follows() -> None:
    text = "x = foo(\n\ndef f(*args: *Ts):\n    pass\n"
    assert downlevel(text) == text.replace(": *Ts", ":  Ts")


PIECES = [*OLD, *(text for text, _ in NEW), "(", "[", "{", "}", "]", ")", '"', "'", '"""', "f'{", ":", "\\\n"]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8))).map("".join))
def test_any_text_keeps_its_places(text: str) -> None:
    assert_in_place(text, downlevel(text))


@given(st.text(alphabet="fFtTrRbBuU\"'{}[]()!:=\\\r\n #*,axmtchse", max_size=60))
def test_odd_strings_keep_their_places(text: str) -> None:
    assert_in_place(text, downlevel(text))
