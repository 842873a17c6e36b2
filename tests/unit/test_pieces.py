"""Reading only the edited piece of a text gives what reading the whole text gives."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from offloop.facts import pieces
from offloop.facts.extract import extract
from offloop.facts.pieces import Reading, read, read_again
from offloop.text import Room
from tests.edits import edited

TEXT = '''\
"""A module."""

import asyncio
from homeassistant.core import callback

NAMES = {
    "first": lambda x: x,
    "second": 2,  # offloop: ignore[HAT101]
}


class Demo(Base):
    """A class."""

    value = field(default=lambda: 1)

    def __init__(self, hass) -> None:
        self.hass = hass
        self.call = lambda: self.fire()

    @callback
    def fire(self) -> None:
        """Fire."""

        def inner() -> None:
            self.hass.bus.async_fire("x")  # noqa: HAT101

        inner()

    # A comment at the end.


@decorated(option=call())
async def setup(hass) -> bool:
    hass.data["x"] = Demo(hass)
    return True
'''


def matches(reading: Reading, text: str) -> bool:
    """Whether a reading is of a text, and holds what reading all of its own text gives; the problems are the text's."""
    closed = reading.piece.room.closed(reading.text) if reading.piece is not None else reading.text
    expected = extract(reading.text)._replace(problems=extract(closed).problems)
    return closed == text and reading.facts == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.hass = hass", "self.hass = hass.other"),
        ('self.hass.bus.async_fire("x")', 'self.hass.bus.async_fire("x", é)'),
        ("        inner()", "        inner()\n        import time"),
        ("    # A comment at the end.", "    # A longer comment at the end.\n"),
        ("    return True", "    return True  # offloop: ignore"),
        ("option=call()", "option=call(1)"),
        ('"second": 2', '"second": other()'),
        ("-> bool:", "-> bool | None:"),
        ("        inner()", "        inner("),
        ("        inner()", "        inner(x y)"),
        ('"""Fire."""', '"""Fire. More."""'),
    ],
)
def test_an_edit_of_a_piece(old: str, new: str) -> None:
    before, after = read(TEXT), TEXT.replace(old, new)
    reading = read_again(before, after)
    assert matches(reading, after)
    assert matches(read_again(reading, TEXT), TEXT)


def test_only_the_piece_is_new() -> None:
    first = read_again(read(TEXT), TEXT.replace("inner()\n\n", "inner(1)\n\n"))
    second = read_again(first, TEXT.replace("inner()\n\n", "inner(12)\n\n"))
    assert second.piece is not None
    known = {item.qualname for item in second.facts.functions if item not in first.facts.functions}
    assert known == {"Demo.fire"}
    others = [f for f in second.facts.functions if not f.qualname.startswith("Demo.fire")]
    assert all(any(one is other for one in first.facts.functions) for other in others)


def test_only_the_statement_that_is_typed_is_new() -> None:
    line, kept = '        self.call("a", [hass])  # a note', 0
    reading = read_again(read(TEXT), TEXT.replace("self.hass = hass\n", "self.hass = hass\n\n"))
    for size in range(1, len(line) + 1):
        text = TEXT.replace("self.hass = hass\n", f"self.hass = hass\n{line[:size]}\n")
        before, reading = reading, read_again(reading, text)
        assert matches(reading, text)
        # The first character moves the room to its line, and an open bracket takes in what follows.
        if size > 1 and before.piece is not None and reading.piece is not None:
            old, new = (one.facts.functions[2].body for one in (before, reading))
            kept += 1
            assert old[0] is new[0]
            assert old[-1] is new[-1]
            assert before.facts.functions[3] is reading.facts.functions[3]
    assert len(reading.facts.functions[2].body) == 3
    assert kept > len(line) // 2


def test_what_is_typed_behind_a_statement_leaves_it_as_it_is() -> None:
    line = "        self.hass = hass\n"
    reading = read_again(read(TEXT), TEXT.replace(line, line + "        self.call(1)\n"))
    for end in (" ", " # note", ""):
        text = TEXT.replace(line, f"{line}        self.call(1){end}\n")
        reading = read_again(reading, text)
    before = reading.facts.functions[2]
    for end in ("x", "xy", "xyz", "xy", "; x", ""):
        text = TEXT.replace(line, f"{line}        self.call(1){end}\n")
        reading = read_again(reading, text)
        assert matches(reading, text)
        after = reading.facts.functions[2]
        assert after.body[1] is before.body[1]
        assert after.calls[0] is before.calls[0]


@pytest.mark.parametrize("lines", list(product(("pass", "x = 1", "self.hass = hass"), repeat=4)))
def test_lines_that_are_alike(lines: tuple[str, ...]) -> None:
    """What is inserted above a line that looks the same is not taken for it."""
    reading = read(TEXT)
    for size in range(2, 5):
        written = "".join(f"        {line}\n" for line in lines[-size:])
        text = TEXT.replace("        self.hass = hass\n", written)
        reading = read_again(reading, text)
        assert matches(reading, text)


@pytest.mark.parametrize(
    "statement",
    [
        "name = self.hass.states[0]",
        "kind: int | None = other(1, [2",
        "rows = (lambda self: self.hass, 2)",
        "# offloop: ignore",
    ],
)
@pytest.mark.parametrize(
    ("above", "indentation"), [("    value = field(default=lambda: 1)\n", "    "), ("}\n", "")]
)
def test_a_statement_that_is_typed_in_a_class_or_a_module(
    statement: str, above: str, indentation: str
) -> None:
    reading = read_again(read(TEXT), TEXT.replace(above, f"{above}{indentation}\n"))
    pieces = 0
    for size in range(1, len(statement) + 1):
        text = TEXT.replace(above, f"{above}{indentation}{statement[:size]}\n")
        reading = read_again(reading, text)
        assert matches(reading, text)
        pieces += reading.piece is not None
    assert pieces > len(statement) - 3


def test_a_statement_at_the_end_of_a_class() -> None:
    text = TEXT.partition("    def __init__")[0]
    reading = read(text)
    for value in ("lambda: 12)", "lambda: (", "lambda: 1", "lambda: 1)\nelse: pass"):
        after = text.replace("lambda: 1)", value)
        reading = read_again(reading, after)
        assert matches(reading, after)


def test_nothing_is_new_after_an_edit_of_a_comment() -> None:
    text = TEXT.replace("self.hass = hass\n", "self.hass = hass  # why\n")
    reading = read_again(read(TEXT), text)
    again = read_again(reading, text.replace("# why", "# why not"))
    assert matches(again, text.replace("# why", "# why not"))
    assert all(
        old is new
        for old, new in zip(reading.facts.functions[2].body, again.facts.functions[2].body, strict=True)
    )


@pytest.mark.parametrize(
    "above", ["", '        """What\n        # it does."""\n', "        call(  # a\n        )\n"]
)
def test_a_comment_on_its_own(above: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "        self.hass = hass\n"
    reading = read(TEXT)
    for size in range(3):
        text = TEXT.replace(line, f"{above}        # a{'b' * size}\n{line}")
        reading = read_again(reading, text)
        assert matches(reading, text)
    known = reading.facts.functions
    monkeypatch.setattr(pieces, "parse_piece", lambda *_: pytest.fail("there is nothing to parse"))
    for comment in ("# ab (", "# ab '", "", "\t# é"):
        text = TEXT.replace(line, f"{above}        {comment}\n{line}")
        reading = read_again(reading, text)
        assert reading.facts.functions == known
        assert matches(reading, text)


@pytest.mark.parametrize(
    ("block", "word"),
    [
        ("if a:", "else"),
        ("if a:", "elif x:"),
        ("try:\n            pass\n        except A:", "else:"),
        ("try:", "except"),
        ("try:", "finally"),
        ("match a:\n          case 1:", "case 2:"),
    ],
)
def test_the_word_of_a_clause_behind_what_is_wrong(block: str, word: str) -> None:
    text = TEXT.replace("self.hass = hass\n", f"{block}\n            self.hass = hass\n            return\n")
    reading = read(text)
    for size in range(len(word) + 1):
        typed = text.replace("= hass\n", f"= hass(){word[:size]}\n")
        reading = read_again(reading, typed)
        assert matches(reading, typed)


@pytest.mark.parametrize("end", ["'''", '"""'])
def test_what_looks_like_a_comment(end: str) -> None:
    line = "        self.hass = hass\n"
    reading = read(TEXT)
    for value in ("# a", "# ab", f"# abc{end}", "# ab", "x", "# ab"):
        text = TEXT.replace(line, f"        self.x = {end}\n        {value}\n{end}\n{line}")
        reading = read_again(reading, text)
        assert matches(reading, text)
    for value in ("# a", "# ab", "# abc"):
        text = TEXT.replace(line, f"        self.x = 1 + \\\n        {value}\n{line}")
        reading = read_again(reading, text)
        assert matches(reading, text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.hass = hass\n", 'self.hass = """hass\n        """\n'),
        ("self.hass = hass\n", 'self.hass = "hass\n'),
        ("self.hass = hass\n", "self.hass = hass \\\n"),
        ("self.hass = hass\n", "self.hass = (\n            hass\n        )\n"),
        ("self.hass = hass\n", "self.hass = call(hass\n"),
        ("self.hass = hass\n", "if self.hass(\n            hass\n        ):\n            pass\n"),
        ("self.hass = hass\n", "\n        self.hass = hass\n"),
        ("self.hass = hass\n", "self.hass = hass; self.x = 'é'\n"),
    ],
)
def test_where_there_can_be_no_room(old: str, new: str) -> None:
    text = TEXT.replace(old, new)
    reading = read_again(read(TEXT), text)
    assert matches(reading, text)
    for number in range(3):
        text = text.replace("hass\n", f"hass{number}\n", 1)
        reading = read_again(reading, text)
        assert matches(reading, text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        inner()\n", "        inner()\n\n    def more(self): ...\n"),
        ("        inner()\n", '        inner("""\n'),
        ("    return True\n", "    return True \\\n"),
        ("    def __init__", "   def __init__"),
        ("import asyncio", "import asyncio, time"),
        ("class Demo", "class Démo"),
        ("        inner()\n", "        class Inner: ...\n"),
        ("        inner()\n", "        run(lambda: inner())\n"),
    ],
)
def test_what_needs_the_whole_text(old: str, new: str) -> None:
    after = TEXT.replace(old, new)
    assert after != TEXT
    reading = read_again(read(TEXT), after)
    assert reading.piece is None
    assert matches(reading, after)


def test_half_typed_code_does_not_lose_the_room() -> None:
    broken = TEXT.replace("inner()\n\n", 'inner("""\n\n')
    mended = TEXT.replace("inner()\n\n", "inner(1)\n\n")
    reading = read_again(read(TEXT), broken)
    assert reading.piece is None
    again = read_again(reading, mended)
    assert again.piece is not None
    assert matches(again, mended)


def test_a_piece_that_outgrows_its_room() -> None:
    reading = read(TEXT)
    for size in (10, 500, 700):
        text = TEXT.replace("inner()\n\n", f"inner({'x' * size})\n\n")
        reading = read_again(reading, text)
        assert reading.piece is not None
        assert matches(reading, text)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # The room moves past a decorator of a function that stays.
        (("    @callback\n    def fire", "    @callback  # why\n    def fire"), ("def fire", "def fires")),
        (("        def inner", "        @mark\n        @other\n        def inner"), ("@mark", "@marks")),
        # A lambda is named after the function around it.
        (("        inner()\n", "        run(lambda: 1)\n"), ("def inner", "def outer")),
        # A table, and what is wrong in it.
        (('"second": 2,', '"second": 2, x'), ('"first": lambda x: x,', '"first": lambda x: (x,')),
        # Functions that are where their indentation does not say.
        (("        inner()\n", "        inner()\nif x:\n"), ("return True", "return True)")),
    ],
)
def test_edits_in_a_row(first: tuple[str, str], second: tuple[str, str]) -> None:
    reading, text = read(TEXT), TEXT
    for old, new in (first, second, second[::-1], first[::-1]):
        assert old in text
        text = text.replace(old, new, 1)
        reading = read_again(reading, text)
        assert matches(reading, text)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("seed", range(8))
def test_random_edits(seed: int, line_end: str) -> None:
    random = Random(seed)
    text = TEXT.replace("\n", line_end)
    reading = read(text)
    for _ in range(60):
        changed = edited(text, random)
        reading = read_again(reading, changed)
        assert matches(reading, changed)
        if random.random() < 0.7:
            reading = read_again(reading, text)
            assert matches(reading, text)
        else:
            text = changed


def test_room() -> None:
    room = Room(3, 2)
    assert room.opened("abcdef") == "abc  def"
    assert room.closed("abc  def") == "abcdef"
    assert [room.inside(offset) for offset in (0, 3, 4, 6)] == [0, 3, 6, 8]
    assert [room.outside(offset) for offset in (0, 3, 4, 5, 8)] == [0, 3, 3, 3, 6]
