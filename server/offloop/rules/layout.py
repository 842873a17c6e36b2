"""How a call that a fix rewrites stands on its lines: as formatters lay it out.

On one line where it fits, else all arguments on a line of their own, else each on one. Only what stands between
the arguments is changed, so that several fixes of one call can be applied at once. What has comments between its
arguments is left as it is, and an argument that moves to the right is not broken further.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from offloop.facts.tree import Assign, Call, Return, Statement
from offloop.facts.walk import expressions, walk
from offloop.rules.edits import LINE_LENGTH, newline_of
from offloop.text import Edit, Span, line_start

_LEAVES = 0xF0000  # stand for leaves while a call is laid out: a character that no source uses


class Leaf(NamedTuple):
    """A range of the text that stays as it is, or that another edit replaces by something ``width`` wide."""

    start: int
    end: int
    width: int | None = None


class Group(NamedTuple):
    """``head(items)tail``; ``is_open`` where each item has a line of its own because the user wants it so."""

    head: str | Leaf
    items: tuple[str | Leaf | Group, ...]
    is_open: bool
    tail: str = ""


class _Written(NamedTuple):
    """A call as it stands: its arguments' ranges, and whether a comma follows the last."""

    arguments: tuple[Span, ...]
    is_open: bool


class Swap(NamedTuple):
    """A call and what is written in its place; ``new`` names what stays of the call, in its order."""

    call: Call
    new: Group


def arguments_of(text: str, call: Call) -> tuple[tuple[Leaf, ...], bool] | None:
    """Return the arguments of a call and whether a comma follows the last, None where comments stand between them."""
    written = _written(text, call)
    return (tuple(Leaf(*one) for one in written.arguments), written.is_open) if written is not None else None


def exchanged(text: str, statement: Statement | None, swap: Swap) -> list[Edit] | None:
    """Return the edits that write something else in place of a call; None where its lines cannot be moved.

    Calls around it, whose lines it would overflow, are laid out anew with it where they stand as a formatter
    would write them.
    """
    for root in _around(statement, swap.call):
        before, after = _group(text, root), _group(text, root, swap)
        if before is not None and after is not None and _edits(text, root, before) == []:
            return _edits(text, root, after)
    return _edits(text, swap.call, swap.new)


def respaced(text: str, around: Iterable[Statement], changed: Leaf) -> list[Edit]:
    """Return the edits that lay out the calls anew in which a part gets another width.

    ``around`` are the statements that hold it: of a lambda, its own and the one in which it stands.
    """
    calls = [one for statement in around for one in _calls(statement)]
    holding = [one for one in calls if one.start <= changed.start and changed.end <= one.end]
    for root in sorted(holding, key=lambda one: one.start - one.end):
        before, after = _group(text, root), _group(text, root, None, changed)
        if before is not None and after is not None and _edits(text, root, before) == []:
            found = _edits(text, root, after)
            if found:
                return found
    return [edit for one in around for edit in _without_brackets(text, one, changed)]


def _without_brackets(text: str, statement: Statement, changed: Leaf) -> list[Edit]:
    """Return the edits that take the brackets from a value that stood in them for the lack of room, and now fits."""
    value = statement.value if isinstance(statement, Assign | Return) else None
    if value is None or changed.width is None or not value.start <= changed.start <= changed.end <= value.end:
        return []
    before, after = text[statement.start : value.start], text[value.end : statement.end]
    inner = text[value.start : value.end]
    opened = re.search(r"\([ \t]*(\r\n|\r|\n)[ \t]*$", before)
    closed = re.match(r"[ \t]*(\r\n|\r|\n)[ \t]*\)", after)
    if (
        opened is None
        or closed is None
        or "\n" in inner
        or before.count("\n") > 1
        or closed.end() < len(after)
    ):
        return []
    start = line_start(text, statement.start)
    width = (
        statement.start - start + opened.start() + len(inner) + changed.width - (changed.end - changed.start)
    )
    if width + len(_rest_of_line(text, statement.end)) > LINE_LENGTH:
        return []
    return [
        Edit(statement.start + opened.start(), value.start, ""),
        Edit(value.end, value.end + closed.end(), ""),
    ]


def _around(statement: Statement | None, call: Call) -> list[Call]:
    """Return the calls that a call is an argument of, the outermost first."""
    calls = _calls(statement) if statement is not None else []
    found: list[Call] = []
    inner: Call | None = call
    while inner is not None:
        inner = next((one for one in calls if any(inner == part.value for part in one.arguments)), None)
        found += [inner] if inner is not None else []
    return found[::-1]


def _calls(statement: Statement) -> list[Call]:
    """Return the calls of a statement, those of its blocks excluded."""
    parts = (part for expression in expressions(statement) for part in walk(expression))
    return [part for part in parts if isinstance(part, Call)]


# ------------------------------------------------------------------ reading
def _group(text: str, call: Call, swap: Swap | None = None, changed: Leaf | None = None) -> Group | None:
    """Return a call as it stands, with the calls among its arguments in which something is exchanged."""
    written = _written(text, call)
    if written is None:
        return None
    items: list[str | Leaf | Group] = []
    for argument, place in zip(call.arguments, written.arguments, strict=True):
        value = argument.value
        if not isinstance(value, Call) or not _holds(value, swap, changed):
            items.append(_resized(text, Leaf(*place), changed))
            continue
        inner = swap.new if swap is not None and value == swap.call else _group(text, value, swap, changed)
        if inner is None or value.end != place.end:
            return None
        items.append(inner._replace(head=_with_keyword(text, place.start, value.start, inner.head)))
    return Group(_resized(text, Leaf(call.start, call.function.end), changed), tuple(items), written.is_open)


def _with_keyword(text: str, start: int, end: int, head: str | Leaf) -> str | Leaf:
    return text[start:end] + head if isinstance(head, str) else head._replace(start=start)


def _holds(call: Call, swap: Swap | None, changed: Leaf | None) -> bool:
    inside = [one for one in (swap.call if swap is not None else None, changed) if one is not None]
    return any(call.start <= one.start and one.end <= call.end for one in inside)


def _resized(text: str, leaf: Leaf, changed: Leaf | None) -> Leaf:
    if changed is None or changed.width is None or not leaf.start <= changed.start <= changed.end <= leaf.end:
        return leaf
    others = text[leaf.start : changed.start] + text[changed.end : leaf.end]
    return leaf if "\n" in others else leaf._replace(width=len(others) + changed.width)


def _written(text: str, call: Call) -> _Written | None:
    """Return the ranges of a call's arguments, their keywords, stars and brackets included."""
    opening = text.find("(", call.function.end, call.end)
    if opening < 0 or text[call.function.end : opening].strip():
        return None
    found: list[Span] = []
    start = opening + 1
    last = call.end - 1
    for number, argument in enumerate(call.arguments):
        following = call.arguments[number + 1].value.start if number + 1 < len(call.arguments) else last
        before, between = text[start : argument.value.start], text[argument.value.end : following]
        if argument.value.start < start or "#" in before + between or "\\" in before + between:
            return None
        comma = between.find(",")
        closing = between if comma < 0 else between[:comma]
        found.append(
            Span(start + len(before) - len(before.lstrip()), argument.value.end + len(closing.rstrip()))
        )
        start = argument.value.end + comma + 1 if comma >= 0 else last
    rest = text[found[-1].end if found else opening + 1 : last].strip()
    return _Written(tuple(found), rest == ",") if rest in ("", ",") else None


# ------------------------------------------------------------------ writing
def _edits(text: str, call: Call, group: Group) -> list[Edit] | None:
    """Return what is to be changed for a call to stand as formatters lay it out, None where lines cannot be moved."""
    start = line_start(text, call.start)
    line = text[start : call.start]
    indent = line[: len(line) - len(line.lstrip())]
    leaves = list(_leaves(group))
    page = _Page(text, leaves, _limit(text, start, call.end))
    written = page.lay(group, indent, len(line), len(_rest_of_line(text, call.end)))
    gaps = [""]
    for character in written:
        if ord(character) < _LEAVES:
            gaps[-1] += character
        else:
            gaps.append("")
    edits: list[Edit] = []
    done = call.start
    for gap, leaf in zip(gaps, [*leaves, None], strict=True):
        edits += _difference(text, done, leaf.start if leaf is not None else call.end, gap)
        done = leaf.end if leaf is not None else done
    for number, leaf in enumerate(leaves):
        moved = _moved(text, leaf, _indent_before(written, chr(_LEAVES + number), indent))
        if moved is None:
            return None
        edits += moved
    return edits


class _Page(NamedTuple):
    text: str
    leaves: Sequence[Leaf]
    limit: int

    def lay(self, item: str | Leaf | Group, indent: str, column: int, rest: int) -> str:
        """Return an item as text in which a character stands for each leaf."""
        if isinstance(item, str):
            return item
        if isinstance(item, Leaf):
            return chr(_LEAVES + self.leaves.index(item))
        head = self.lay(item.head, indent, column, 0)
        flat = self._flat(item)
        if flat is not None and (not item.items or column + self._width(flat) + rest <= self.limit):
            return flat
        inner = indent + ("\t" if indent.endswith("\t") else "    ")
        parts = [self._flat(one) for one in item.items]
        if None not in parts and not item.is_open:
            line = ", ".join(part for part in parts if part is not None)
            if len(inner) + self._width(line) <= self.limit:
                return f"{head}(\n{inner}{line}\n{indent}){item.tail}"
        alone = len(item.items) == 1 and not item.is_open
        laid = [self.lay(one, inner, len(inner), 0 if alone else 1) for one in item.items]
        comma = "" if alone else ","
        return f"{head}(\n{inner}" + f",\n{inner}".join(laid) + f"{comma}\n{indent}){item.tail}"

    def _flat(self, item: str | Leaf | Group) -> str | None:
        """Return an item on one line, None where it stands on several."""
        if isinstance(item, str):
            return item
        if isinstance(item, Leaf):
            is_one = item.width is not None or "\n" not in self.text[item.start : item.end]
            return chr(_LEAVES + self.leaves.index(item)) if is_one else None
        parts = [self._flat(one) for one in (item.head, *item.items)]
        if None in parts or item.is_open:
            return None
        head, *rest = [part for part in parts if part is not None]
        return f"{head}({', '.join(rest)}){item.tail}"

    def _width(self, laid: str) -> int:
        return sum(1 if ord(one) < _LEAVES else self._leaf_width(ord(one) - _LEAVES) for one in laid)

    def _leaf_width(self, number: int) -> int:
        leaf = self.leaves[number]
        return leaf.width if leaf.width is not None else leaf.end - leaf.start


def _leaves(item: str | Leaf | Group) -> Iterator[Leaf]:
    if isinstance(item, Leaf):
        yield item
    elif isinstance(item, Group):
        for one in (item.head, *item.items):
            yield from _leaves(one)


def _limit(text: str, start: int, end: int) -> int:
    return max(LINE_LENGTH, *(len(line) for line in text[start:end].splitlines()))


def _rest_of_line(text: str, end: int) -> str:
    line = text[end:].split("\n", 1)[0].rstrip("\r")
    return line.partition("#")[0].rstrip()


def _difference(text: str, start: int, end: int, new: str) -> list[Edit]:
    """Return the edit of what differs between a range and its new text, none where they are alike.

    Where lines change it is the whole range, so that it collides with other edits there.
    """
    old = text[start:end].replace("\r\n", "\n").replace("\r", "\n")
    if old == new:
        return []
    if "\n" not in old + new:
        while old and new and old[0] == new[0]:
            old, new, start = old[1:], new[1:], start + 1
        while old and new and old[-1] == new[-1]:
            old, new, end = old[:-1], new[:-1], end - 1
    return [Edit(start, end, new.replace("\n", newline_of(text)))]


def _indent_before(written: str, leaf: str, indent: str) -> str:
    """Return the white space with which the line of a leaf begins."""
    before, broken, line = written.partition(leaf)[0].rpartition("\n")
    return line[: len(line) - len(line.lstrip())] if broken else indent if not before else ""


def _moved(text: str, leaf: Leaf, indent: str) -> list[Edit] | None:
    """Return the edits that move the further lines of a leaf with its first, None where strings forbid it."""
    part = text[leaf.start : leaf.end]
    if leaf.width is not None or "\n" not in part:
        return []
    start = line_start(text, leaf.start)
    line = text[start : leaf.start]
    old = line[: len(line) - len(line.lstrip())]
    if old == indent:
        return []
    if (
        '"""' in part
        or "'''" in part
        or "\\\n" in part
        or not (old.startswith(indent) or indent.startswith(old))
    ):
        return None
    edits = []
    for place in (leaf.start + at + 1 for at, one in enumerate(part) if one == "\n"):
        if not text[place:].split("\n", 1)[0].strip():
            continue
        if len(indent) > len(old):
            edits.append(Edit(place, place, indent[len(old) :]))
        elif text[place:].startswith(old):
            edits.append(Edit(place, place + len(old) - len(indent), ""))
        else:
            return None
    return edits
