"""Random edits of Python texts, as somebody makes them who types, deletes and moves lines."""

from __future__ import annotations

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
_ENDINGS = ("x", "(", ")", '"', ":", " # a note", ",", ".foo")


def edited(text: str, random: Random) -> str:
    """Return a text with one line added, deleted, moved, lengthened or with a character less."""
    lines = text.split("\n")
    at = random.randrange(len(lines))
    line = lines[at]
    indentation = line[: len(line) - len(line.lstrip())]
    kind = random.random()
    if kind < 0.45:
        added = indentation + random.choice(LINES).replace("{indentation}", indentation)
        lines.insert(at + random.randrange(2), added)
    elif kind < 0.6 and len(lines) > 3:
        del lines[at]
    elif kind < 0.75:
        lines[at] += random.choice(_ENDINGS)
    elif kind < 0.85:
        other = random.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        cut = random.randrange(len(line) + 1)
        lines[at] = line[:cut] + line[cut + 1 :]
    return "\n".join(lines)
