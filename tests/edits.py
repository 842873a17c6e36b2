"""Random edits of Python texts, as somebody makes them who types, deletes and moves lines."""

from __future__ import annotations

import re
from random import Random

LINES = (
    'self.hass.bus.async_fire("x")',
    "self.async_write_ha_state()",
    "return self",
    "x = self._foo",
    "self._cb = self.update",
    "self.hass.add_job(self._cb)",
    "await self.x()",
    'async_dispatcher_send(self.hass, "a")',
    "for a in self._devices:\n{indentation}    a.update()",
    "lambda: self.async_write_ha_state()",
    "self.hass.loop.call_soon_threadsafe(self.foo)",
    "self._client.subscribe(self._on_message)",
    'hass.data[DOMAIN]["x"] = self',
    "self.hass.async_create_task(self.foo())",
    "def added(self): self.schedule_update_ha_state()",
    "self.x, self.y = self, self.hass",
    "if isinstance(self, str):\n{indentation}    return None",
    "global X",
    "return lambda: 1",
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ENDINGS = ("x", "(", ")", '"', ":", " # a note", ",", ".foo")


def edited(text: str, random: Random) -> str:
    """Return a text with one line added, deleted, moved, lengthened or with a character less, or another name in it."""
    lines = text.split("\n")
    at = random.randrange(len(lines))
    line = lines[at]
    kind = random.random()
    if kind < 0.4:
        _insert(lines, at, random)
    elif kind < 0.55 and len(lines) > 3:
        del lines[at]
    elif kind < 0.65:
        lines[at] += random.choice(_ENDINGS)
    elif kind < 0.85 and (names := list(_NAME.finditer(line))):
        name = random.choice(names)
        other_name = random.choice(_NAME.findall(text))
        lines[at] = line[: name.start()] + other_name + line[name.end() :]
    elif kind < 0.9:
        other = random.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        cut = random.randrange(len(line) + 1)
        lines[at] = line[:cut] + line[cut + 1 :]
    return "\n".join(lines)


def typed(text: str, at: int, random: Random) -> str:
    """Return a text as it is after an edit near a 0-based line, as somebody makes it who works on one function."""
    lines = text.split("\n")
    place = min(max(0, at + random.randrange(-2, 3)), len(lines) - 1)
    line = lines[place]
    kind = random.random()
    if kind < 0.55:
        _insert(lines, place, random)
    elif kind < 0.7:
        del lines[place]
    elif kind < 0.8:
        lines[place] += random.choice(_ENDINGS)
    else:
        cut = random.randrange(len(line) + 1)
        lines[place] = line[:cut] + random.choice("xab_. ") + line[cut:]
    return "\n".join(lines)


def _insert(lines: list[str], at: int, random: Random) -> None:
    """Put a line above or below another one, indented as that is."""
    indentation = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    added = indentation + random.choice(LINES).replace("{indentation}", indentation)
    lines.insert(at + random.randrange(2), added)
