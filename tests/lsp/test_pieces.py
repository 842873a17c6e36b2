"""The pieces that can be looked at without a server: framing, places, edits, suppressions."""

from __future__ import annotations

import os
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from lsprotocol.converters import get_converter

from offloop.lsp.actions import JoinedEdits, suppression, wanted
from offloop.lsp.connection import Outlet
from offloop.lsp.convert import Converter, Place, choose_encoding, path_of, uri_of
from offloop.lsp.documents import Change, Changes, Documents
from offloop.lsp.framing import Frame, Framer, Garbage
from offloop.lsp.keystroke import changes_of, did_change
from offloop.rules.rule import FileEdit
from offloop.text import Edit, LineIndex, Position, Span, apply_edits
from tests.lsp.wire import frame

CODECS = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
TEXTS = st.text(alphabet="aé😀\t\x0c\u2028\x85\r\n", max_size=40)


@given(st.lists(st.binary(max_size=30), max_size=6), st.data())
def test_frames_come_out_as_they_went_in_however_they_are_cut(
    bodies: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(map(frame, bodies))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer = Framer()
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [one for piece in pieces for one in framer.feed(piece)] == [Frame(body) for body in bodies]


@given(st.binary(max_size=200))
def test_a_frame_is_found_after_any_garbage_that_announces_nothing(garbage: bytes) -> None:
    if b"ontent" in garbage.lower():
        return
    framer = Framer()
    found = list(framer.feed(garbage + b"\r\n" + frame(b"{}")))
    assert found[-1] == Frame(b"{}")
    assert all(isinstance(one, Garbage) for one in found[:-1])


@given(TEXTS, st.sampled_from(sorted(CODECS)), st.integers(0, 40))
def test_columns_are_those_of_the_encoding_and_come_back(text: str, encoding: str, offset: int) -> None:
    converter = Converter(types.PositionEncodingKind(encoding))
    lines = LineIndex(text)
    offset = min(offset, len(text))
    place = lines.position(offset)
    told = converter.position(lines, place)
    before = lines.text[lines.starts[place.line] : offset]
    assert told == types.Position(
        place.line,
        len(before.encode(f"{encoding}-le" if encoding != "utf-8" else encoding)) // CODECS[encoding],
    )
    if not (offset and text[offset - 1 : offset + 1] == "\r\n"):
        assert converter.offset(lines, told) == offset


def test_a_column_inside_a_surrogate_pair_is_rounded_down() -> None:
    lines = LineIndex("😀x")
    assert Converter().offset(lines, types.Position(0, 1)) == 0
    assert Converter().offset(lines, types.Position(0, 99)) == 2
    assert Converter().offset(lines, types.Position(9, 0)) == 2


@given(TEXTS, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), TEXTS), max_size=5))
def test_edits_in_a_row_give_what_they_say(text: str, edits: list[tuple[int, int, str]]) -> None:
    documents, converter = Documents(), Converter(types.PositionEncodingKind.Utf8)
    documents.open(types.TextDocumentItem("untitled:x", "python", 1, text))
    expected, changes = text, []
    for one, other, content in edits:
        lines = LineIndex(expected)
        ends = sorted(
            converter.offset(lines, converter.position(lines, lines.position(end))) for end in (one, other)
        )
        span = Span(ends[0], ends[1])
        changes.append(
            types.TextDocumentContentChangePartial(range=converter.range(lines, span), text=content)
        )
        expected = expected[: span.start] + content + expected[span.end :]
    identifier = types.VersionedTextDocumentIdentifier(uri="untitled:x", version=2)
    params = types.DidChangeTextDocumentParams(identifier, changes)
    document = documents.edit(changes_of(params), converter)
    assert (document.text, document.version) == (expected, 2)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        ([], "utf-16"),
        (["utf-16", "utf-8"], "utf-16"),
        (["utf-8", "utf-32"], "utf-8"),
        (["utf-7", "utf-32"], "utf-32"),
        (["x"], "utf-16"),
    ],
)
def test_encodings(offered: list[str] | None, chosen: str) -> None:
    assert choose_encoding(offered).value == chosen


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX paths")
@pytest.mark.parametrize("path", ["/a/b.py", "/a b/é#?%.py", "/"])
def test_paths_and_uris(path: str) -> None:
    assert path_of(uri_of(path)) == path
    assert path_of("FILE://localhost/a%20b") == "/a b"
    assert path_of("untitled:Untitled-1") is None
    assert uri_of("untitled:Untitled-1") == "untitled:Untitled-1"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("x()\n", "x()  # offloop: ignore[HAT1] TODO: why is this safe?\n"),
        ("x()  \r\ny", "x()  # offloop: ignore[HAT1] TODO: why is this safe?\r\ny"),
        ("x()  # why", "x()  # why  # offloop: ignore[HAT1] TODO: why is this safe?"),
        ("x() # offloop: ignore[HAT2]", "x() # offloop: ignore[HAT2, HAT1]"),
        ("x() \\\n", None),
        ('x("""a\n""")', None),
    ],
)
def test_suppressions(text: str, result: str | None) -> None:
    edit = suppression(LineIndex(text), Span(0, 1), "HAT1")
    assert (apply_edits(text, [edit]) if edit else None) == result


def test_a_suppression_moves_to_the_end_of_a_finding_whose_first_line_takes_none() -> None:
    text = 'x("""a\n""")\n'
    edit = suppression(LineIndex(text), Span(0, len(text) - 1), "HAT1")
    assert edit is not None
    assert apply_edits(text, [edit]) == 'x("""a\n""")  # offloop: ignore[HAT1] TODO: why is this safe?\n'


def test_kinds_are_prefixes() -> None:
    assert wanted("quickfix", None)
    assert wanted("source.fixAll.offloop", ["source"])
    assert wanted("source.fixAll.offloop", [types.CodeActionKind.SourceFixAll])
    assert not wanted("source.fixAll.offloop", ["source.fix"])
    assert not wanted("quickfix", [])


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4), st.sampled_from("xy")), max_size=3),
        max_size=8,
    )
)
def test_joined_edits_can_always_be_applied(fixes: list[list[tuple[int, int, str]]]) -> None:
    joined = JoinedEdits()
    for fix in fixes:
        edits = [FileEdit("p", Edit(start, start + width, content)) for start, width, content in fix]
        separate = all(
            a is b or a.edit.end <= b.edit.start or b.edit.end <= a.edit.start for a in edits for b in edits
        )
        if separate:
            joined.join(edits)
    apply_edits("." * 30, [one.edit for one in joined.edits])


def test_positions_beyond_the_text() -> None:
    assert Converter().units("é", 3) == 3
    assert LineIndex("a").position(5) == Position(0, 1)


def _range(line: object, character: object) -> dict[str, object]:
    return {"start": {"line": line, "character": character}, "end": {"line": 2, "character": 0}}


def _edit(**changes: object) -> dict[str, object]:
    """A keystroke as a message, with something changed in its parameters."""
    place = {"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 4}}
    params = {
        "textDocument": {"uri": "file:///a.py", "version": 3},
        "contentChanges": [{"range": place, "rangeLength": 2, "text": "x"}, {"text": "y"}],
    }
    return {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params | changes}


def test_a_keystroke_is_decoded_as_the_protocol_says() -> None:
    message = _edit()
    assert did_change(message) == Changes(
        "file:///a.py", 3, [Change("x", Place(1, 2), Place(1, 4)), Change("y")]
    )
    general = get_converter().structure(message, types.DidChangeTextDocumentNotification)
    assert changes_of(general.params) == did_change(message)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"method": "textDocument/didOpen", "params": {}},
        _edit() | {"id": 1},
        _edit() | {"params": None},
        _edit(textDocument={"uri": "file:///a.py"}),
        _edit(textDocument={"uri": 5, "version": 3}),
        _edit(textDocument={"uri": "file:///a.py", "version": None}),
        _edit(contentChanges={"text": "x"}),
        _edit(contentChanges=["x"]),
        _edit(contentChanges=[{"text": None}]),
        _edit(contentChanges=[{"text": "x", "range": None}]),
        _edit(contentChanges=[{"text": "x", "range": {}}]),
        _edit(contentChanges=[{"text": "x", "range": _range(True, 0)}]),
        _edit(contentChanges=[{"text": "x", "range": _range("1", 0)}]),
        _edit(contentChanges=[{"text": "x", "range": _range(1, 2**31)}]),
        _edit(contentChanges=[{"text": "x", "range": {"start": {"line": -1, "character": 0}}}]),
    ],
)
def test_whatever_else_is_left_to_the_general_way(message: dict[str, object]) -> None:
    assert did_change(message) is None


def test_what_is_written_comes_out_in_order_and_nobody_waits() -> None:
    source, sink = os.pipe()
    outlet = Outlet(sink, lambda: pytest.fail("nothing is broken"))
    pieces = [
        bytes([65 + number % 26]) * size
        for number, size in enumerate((10, 200_000, 10, 5_000, 10, 70_000, 1))
    ]
    for piece in pieces:
        outlet.write(piece)  # the pipe holds a third of it, and nobody has read yet
    read = b""
    while len(read) < sum(map(len, pieces)):
        read += os.read(source, 1 << 16)
    outlet.write(b"last")
    assert read == b"".join(pieces)
    assert os.read(source, 10) == b"last"
    outlet.close()


def test_a_reader_that_is_gone_is_told_of() -> None:
    source, sink = os.pipe()
    broken = threading.Event()
    outlet = Outlet(sink, broken.set)
    os.close(source)
    outlet.write(b"anything")
    assert broken.wait(5)
