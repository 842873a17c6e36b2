"""Fixes of random texts: any line end, tabs, characters of two UTF-16 units; applied in any order."""

from __future__ import annotations

import re
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol import types

from offloop.config import Settings
from offloop.facts.extract import extract
from offloop.lsp.convert import Converter
from offloop.project import Project
from offloop.proof import edited, edits_of, prove
from offloop.source import Integration
from offloop.text import Edit, LineIndex, Moves, Span, apply_edits
from tests.mdtest import world

PATH = f"{world.ROOT}/switch.py"
HEAD = """from datetime import timedelta

from homeassistant.components.switch import SwitchEntity
from homeassistant.helpers.device_registry import DeviceRegistry
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.event import async_call_later

{word} = "{word}"


class Lamp(SwitchEntity):
\tregistry: DeviceRegistry

\tasync def async_added_to_hass(self):
\t\tasync_call_later(self.hass, 1, lambda now: self.hass.bus.async_fire("{word}"))
\t\tasync_dispatcher_connect(self.hass, "{word}", self._changed)

\tdef _changed(self):
\t\tself.async_write_ha_state()  # {word}

\tdef turn_on(self, **kwargs):
\t\tpass
"""
CALLS = (
    'self.hass.bus.async_fire("{word}")',
    'x = "{word}"; self.hass.bus.async_fire("{word}", {{}}); y = "{word}"',
    'async_dispatcher_send(self.hass, "{word}")',
    'async_dispatcher_send(\n\t\t\tself.hass,  # {word}\n\t\t\t"{word}",\n\t\t)',
    "self.async_schedule_update_ha_state(True)",
    'self.registry.async_update_device("{word}")',
    'self.registry.async_update_device("{word}", name="{word}")',
    'self.device = self.registry.async_update_device("{word}")',
    "self.hass.async_create_task(self.async_update())",
    'if "{word}": self.hass.bus.async_fire("{word}")',
)
words = st.sampled_from(["lamp", "λάμπα", "灯", "🛋🛋", "a🛋b", "e\u0301"])


@st.composite
def lamps(draw: st.DrawFn) -> str:
    """Return the text of an entity with some bugs."""
    calls = draw(st.lists(st.sampled_from(CALLS), max_size=5))
    text = HEAD + "".join(f"\t\t{call}\n" for call in calls)
    word = draw(words)
    named = text.replace("{word} = ", "NAME = ", 1).replace("{word}", word).replace("{{}}", "{}")
    indent = draw(st.sampled_from(["\t", "    ", "  "]))
    return named.replace("\t", indent).replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


def integration_of(text: str) -> Integration:
    files = (world.source_file("__init__.py", ""), world.source_file("switch.py", text))
    return Integration("demo", world.PACKAGE, world.ROOT, files)


def one_by_one(text: str, edits: list[Edit]) -> str:
    """Apply edits in the given order, each moved by those before it."""
    done: list[Edit] = []
    for edit in edits:
        start = Moves(done).places(edit.start)[-1]
        text = text[:start] + edit.content + text[start + edit.end - edit.start :]
        done.append(edit)
    return text


def in_client(text: str, edits: list[Edit], encoding: types.PositionEncodingKind) -> str:
    """Apply edits as a client does that counts in bytes or UTF-16 units."""
    codec, width = ("utf-8", 1) if encoding is types.PositionEncodingKind.Utf8 else ("utf-16-le", 2)
    lines = re.split("(?<=\n)|(?<=\r)(?!\n)", text)
    raw = [line.encode(codec) for line in lines]
    starts = [sum(map(len, raw[:number])) for number in range(len(raw) + 1)]
    index, data = LineIndex(text), text.encode(codec)

    def offset(place: types.Position) -> int:
        return starts[place.line] + place.character * width

    ranges = [(Converter(encoding).range(index, Span(edit.start, edit.end)), edit) for edit in edits]
    for place, edit in sorted(ranges, key=lambda pair: pair[1], reverse=True):
        data = data[: offset(place.start)] + edit.content.encode(codec) + data[offset(place.end) :]
    return data.decode(codec)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lamps(), st.randoms(use_true_random=False))
def test_fixes(text: str, random: Random) -> None:
    project = Project(world.minihass_catalog(), Settings())
    integration = integration_of(text)
    result = project.check(integration)
    assert result.diagnostics
    for found in result.diagnostics:
        fix = random.choice(found.fixes) if found.fixes else None
        if fix is None or prove(project, integration, result, found, fix) is not None:
            continue
        after = edited(integration, edits_of([fix]))
        assert after is not None
        edits = list(after.moves[PATH].edits)
        new = next(file.text for file in after.integration.files if file.path == PATH)
        assert new == apply_edits(text, edits)
        assert set(re.findall(r"\r\n|\r|\n", new)) == set(re.findall(r"\r\n|\r|\n", text))
        assert not extract(new).problems
        for encoding in (types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16):
            assert in_client(text, edits, encoding) == new
        if len({edit.start for edit in edits}) == len(edits):
            random.shuffle(edits)
            assert one_by_one(text, edits) == new


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lamps())
def test_every_error_of_these_shapes_has_a_fix_that_holds(text: str) -> None:
    project = Project(world.minihass_catalog(), Settings())
    integration = integration_of(text)
    result = project.check(integration)
    for found in result.diagnostics:
        assert any(prove(project, integration, result, found, fix) is None for fix in found.fixes), (
            found.message
        )


texts = st.text(alphabet=st.sampled_from("ab \t\r\né😀"), min_size=1, max_size=40)


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """Return a text and edits of it that do not touch."""
    text = draw(texts)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=10)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits = [
        Edit(start, draw(st.sampled_from([start, end - 1])), draw(st.text("xy\n", max_size=3)))
        for start, end in pairs
    ]
    return text, edits


@given(texts_and_edits(), st.randoms(use_true_random=False))
def test_edits_in_any_order_are_all_edits_at_once(case: tuple[str, list[Edit]], random: Random) -> None:
    text, edits = case
    expected = apply_edits(text, edits)
    random.shuffle(edits)
    assert one_by_one(text, edits) == expected


@given(texts_and_edits())
def test_places_move_with_their_characters(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    moves, new = Moves(edits), apply_edits(text, edits)
    for offset, character in enumerate(text):
        replaced = any(edit.start <= offset < edit.end for edit in edits)
        places = moves.places(offset)
        if not replaced:
            assert new[places[-1]] == character
            assert not moves.is_new(places[-1])
        elif not any(edit.start == offset for edit in edits):
            assert places == ()
