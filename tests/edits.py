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
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ENDINGS = ("x", "(", ")", '"', ":", " # a note", ",", ".foo")


def edited(text: str, random: Random) -> str:
    """Return a text with one line added, deleted, moved, lengthened or with a character less, or another name in it."""
    lines = text.split("\n")
    at = random.randrange(len(lines))
    line = lines[at]
    indentation = line[: len(line) - len(line.lstrip())]
    kind = random.random()
    if kind < 0.4:
        added = indentation + random.choice(LINES).replace("{indentation}", indentation)
        lines.insert(at + random.randrange(2), added)
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
