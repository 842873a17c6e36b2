"""Positions, offsets and edits of arbitrary texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offloop.text import Edit, LineIndex, OverlappingEditsError, Position, apply_edits, digest

texts = st.text(alphabet=st.sampled_from("ab \t\né\r\n\f\x0b\u2028\x85😀"), max_size=40)


@given(texts)
def test_every_offset_has_a_position_that_leads_back(text: str) -> None:
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        position = index.position(offset)
        between = text[offset - 1 : offset + 1] == "\r\n"  # no place that an editor knows
        at_end = index.offset(position)
        assert at_end == (offset - 1 if between else offset)


@given(texts)
def test_lines_put_together_are_the_text_without_line_ends(text: str) -> None:
    index = LineIndex(text)
    lines = [index.line_text(line) for line in range(len(index.starts))]
    assert lines == re.split(r"\r\n|\r|\n", text)


@given(texts, st.integers(-5, 60), st.integers(0, 60))
def test_places_outside_are_clamped(text: str, offset: int, line: int) -> None:
    index = LineIndex(text)
    assert index.offset(index.position(offset)) <= len(text)
    assert 0 <= index.offset(Position(line, 1000)) <= len(text)


plain_texts = st.text(alphabet=st.sampled_from("ab\né\f\u2028"), max_size=40)


edits = st.tuples(st.integers(0, 40), st.integers(0, 40), texts | plain_texts | st.sampled_from("ab"))


@given(texts | plain_texts, st.lists(edits, min_size=1, max_size=6))
def test_an_edited_text_has_the_lines_of_a_new_one(text: str, made: list[tuple[int, int, str]]) -> None:
    index = LineIndex(text)
    for one, other, content in made:
        start, end = sorted((min(one, len(text)), min(other, len(text))))
        text = text[:start] + content + text[end:]
        index = index.edited(start, end, content)
        expected = LineIndex(text)
        lines = range(len(expected.starts) + 1)
        assert index.text == text
        assert [index.line_span(line) for line in lines] == [expected.line_span(line) for line in lines]
    assert index.starts == LineIndex(text).starts


def test_line_ends() -> None:
    index = LineIndex("a\r\nb\rc\nd\x0c\u2028e")
    assert index.starts == (0, 3, 5, 7)
    assert index.position(4) == (1, 1)
    assert index.line_text(3) == "d\x0c\u2028e"
    assert index.line_text(9) == ""


@st.composite
def text_and_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(texts)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return text, [Edit(start, end, draw(st.text("xyz", max_size=3))) for start, end in pairs]


@given(text_and_edits(), st.randoms())
def test_edits_in_any_order_equal_edits_from_the_end(case: tuple[str, list[Edit]], random: object) -> None:
    text, edits = case
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.content + expected[edit.end :]
    shuffled = list(edits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert apply_edits(text, shuffled) == expected
    assert apply_edits(text, shuffled + shuffled) == expected


def test_insertions_at_one_place() -> None:
    assert apply_edits("ab", [Edit(1, 1, "y"), Edit(1, 1, "x")]) == "axyb"


def test_overlapping_edits() -> None:
    with pytest.raises(OverlappingEditsError):
        apply_edits("abc", [Edit(0, 2, "x"), Edit(1, 3, "y")])


def test_digest_tells_texts_apart() -> None:
    assert digest("a") != digest("b")
    assert digest("\ud800") != digest("\ud801")
