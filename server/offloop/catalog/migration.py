"""How two releases differ in what they say about threads: a migration guide for integrations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from offloop.catalog.document import Document, entry_name, place, twin_words
from offloop.library.model import component_of
from offloop.library.overrides import INTERNAL_SUFFIX

_GUARDED = frozenset({"raises", "raises-via"})
_SHOWN_TIERS = ("raises", "raises-via", "corrupts", "read", "unknown", "coroutine")
# What a change to or from matters to callers: harm, or a coroutine that is to be awaited.
_OTHERWISE = frozenset({"corrupts", "coroutine"})
_PACKAGE_PARTS = 3


def difference(old: Document, new: Document) -> Document:
    """Return what changed from one document to another, plain data for JSON.

    ``moved`` are APIs that have the same name in another module of the same component or helper; they are
    in neither ``removed`` nor ``added``. Entry points and functions that moved so are the same, too.
    """
    before, after = (_by_name(document["loop_apis"]) for document in (old, new))
    moved = _moved(before, after)
    pairs = {name: name for name in before if name in after} | moved
    both = [(before[one], after[other]) for one, other in pairs.items()]
    arrived = sorted(after.keys() - before.keys() - set(moved.values()))
    gone = sorted(before.keys() - after.keys() - moved.keys())
    return {
        "old": old["version"],
        "new": new["version"],
        "guards_added": [
            *(api for was, api in both if api["tier"] in _GUARDED and was["tier"] not in _GUARDED),
            *(after[name] for name in arrived if after[name]["tier"] in _GUARDED),
        ],
        "guards_removed": [
            api for was, api in both if was["tier"] in _GUARDED and api["tier"] not in _GUARDED
        ],
        "tiers_changed": [
            {"name": api["name"], "old": was["tier"], "new": api["tier"], "origin": api["origin"]}
            for was, api in both
            if was["tier"] != api["tier"]
        ],
        "moved": [{"old": one, "new": other} for one, other in sorted(moved.items())],
        "added": [after[name] for name in arrived],
        "removed": [before[name] for name in gone],
        "twins_added": [api for was, api in both if api["twin"] and not was["twin"]]
        + [after[name] for name in arrived if after[name]["twin"]],
        "twins_removed": [was for was, api in both if was["twin"] and not api["twin"]],
        "entry_points_added": _only(new["entry_points"], old["entry_points"], _entry_key),
        "entry_points_removed": _only(old["entry_points"], new["entry_points"], _entry_key),
        "handoffs_changed": list(_dispatches(old["handoffs"], new["handoffs"])),
        "blocking_added": _only(new["blocking"], old["blocking"], _blocking_key),
        "blocking_removed": _only(old["blocking"], new["blocking"], _blocking_key),
        "sync_apis_added": _only(new["sync_apis"], old["sync_apis"], _sync_key),
        "sync_apis_removed": _only(old["sync_apis"], new["sync_apis"], _sync_key),
    }


def _by_name(apis: Iterable[Document]) -> dict[str, Document]:
    return {api["name"]: api for api in apis}


def _moved(before: Mapping[str, Document], after: Mapping[str, Document]) -> dict[str, str]:
    """Return old to new names where exactly one API of a name went and one came in the same package."""
    gone: dict[tuple[str, ...], list[str]] = defaultdict(list)
    come: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in before.keys() - after.keys():
        gone[_moving_key(name)].append(name)
    for name in after.keys() - before.keys():
        come[_moving_key(name)].append(name)
    return {
        names[0]: come[key][0]
        for key, names in gone.items()
        if len(names) == 1 and len(come.get(key, ())) == 1
    }


def _moving_key(dotted: str) -> tuple[str, ...]:
    parts = dotted.split(".")
    owner = [part for part in parts[:-1] if part[:1].isupper()]
    return (*parts[:_PACKAGE_PARTS], *owner, parts[-1])


def _only(
    these: Iterable[Document], those: Iterable[Document], key: Callable[[Document], Any]
) -> list[Document]:
    known = {key(entry) for entry in those}
    return [entry for entry in these if key(entry) not in known]


def _entry_key(entry: Document) -> tuple[tuple[str, ...], str]:
    return _moving_key(entry_name(entry)), entry["runs_in"]


def _blocking_key(call: Document) -> tuple[str, bool]:
    return call["name"], call["strict"]


def _sync_key(api: Document) -> tuple[tuple[str, ...], str]:
    return _moving_key(api["name"]), api["in_loop"]


def _dispatches(old: Iterable[Document], new: Iterable[Document]) -> Iterator[Document]:
    before = {(item["api"], item["parameter"]["keyword"]): item["dispatch"] for item in old}
    for item in new:
        was = before.get((item["api"], item["parameter"]["keyword"]))
        if was is not None and was != item["dispatch"]:
            yield {**item, "old": was}


# -------------------------------------------------------------------- text
def diff_as_text(changes: Document) -> str:
    """Return a difference as a guide: what breaks first, then what helps, then what is merely new."""
    lines = [f"From Home Assistant {changes['old']} to {changes['new']}"]
    arrived = {api["name"] for api in changes["added"]}
    guarded = sorted(changes["guards_added"], key=_core_first)
    known = [api for api in guarded if api["name"] not in arrived]
    lines += _section(
        "New guards: from a worker thread these raise RuntimeError now",
        (_guarded(api) for api in known if api["tier"] == "raises"),
    )
    lines += _section(
        "These call one of them, whatever they are given, and raise as well",
        (_guarded(api) for api in known if api["tier"] != "raises"),
    )
    lines += _section(
        "Guards that are gone", map(_guarded, sorted(changes["guards_removed"], key=_core_first))
    )
    others = [c for c in changes["tiers_changed"] if {c["old"], c["new"]} & _OTHERWISE]
    others = [c for c in others if not {c["old"], c["new"]} & _GUARDED]
    lines += _section(
        "Other changes for callers in a worker thread",
        (f"{c['name']}: {c['old']} -> {c['new']}  {place(c)}" for c in sorted(others, key=_core_first)),
    )
    lines += _section(
        "Removed loop APIs", (api["name"] for api in sorted(changes["removed"], key=_core_first))
    )
    lines += _section("Moved classes and functions", _moves(changes["moved"]))
    lines += _section(
        "New twins for worker threads",
        (
            f"{api['name']}: {twin_words(api['twin'])}"
            for api in sorted(changes["twins_added"], key=_core_first)
            if not api["name"].endswith(INTERNAL_SUFFIX)
        ),
    )
    lines += _section(
        "Twins that are gone", (f"{api['name']}: {api['twin']['name']}" for api in changes["twins_removed"])
    )
    for direction, words in (("removed", "No longer called"), ("added", "New: called")):
        entries = changes[f"entry_points_{direction}"]
        workers = [entry for entry in entries if entry["runs_in"] == "worker"]
        lines += _section(
            f"{words} in a worker thread", (f"{entry_name(entry)}  {place(entry)}" for entry in workers)
        )
    lines += _section(
        "Callables that run elsewhere now",
        (
            f"{item['api']}({item['parameter']['keyword']}): "
            f"{item['old']} -> {item['dispatch']}  {place(item)}"
            for item in changes["handoffs_changed"]
        ),
    )
    for direction, words in (("added", "New"), ("removed", "Former")):
        blocking = changes[f"blocking_{direction}"]
        lines += _section(
            f"{words} blocking calls in the loop",
            (f"{call['name']}: {'refused' if call['strict'] else 'reported'}" for call in blocking),
        )
        sync = changes[f"sync_apis_{direction}"]
        lines += _section(
            f"{words} functions not to be called in the loop",
            (f"{api['name']}: {api['in_loop']}" for api in sync),
        )
    lines += _section(
        "New loop APIs that raise RuntimeError in a worker thread",
        (_guarded(api) for api in guarded if api["name"] in arrived),
    )
    lines += ["", _new_ones(changes["added"])]
    return "\n".join(lines) + "\n"


def _section(title: str, entries: Iterable[str]) -> list[str]:
    shown = list(entries)
    return ["", f"{title}: {len(shown)}", *(f"  {entry}" for entry in shown)] if shown else []


def _core_first(api: Document) -> tuple[bool, str]:
    """Return what sorts APIs for readers: the core and its helpers first, then the components."""
    return component_of(api["name"]) != "", api["name"]


def _guarded(api: Document) -> str:
    way = "" if api["tier"] == "raises" else f" ({api['tier']})"
    twin = f"; from a worker: {twin_words(api['twin'])}" if api["twin"] else ""
    return f"{api['name']}{way}{twin}  {place(api)}"


def _moves(moved: Iterable[Document]) -> list[str]:
    """Return a line for each class or function that moved: its methods moved with it."""
    return sorted({f"{_importable(one['old'])} -> {_importable(one['new'])}" for one in moved})


def _importable(dotted: str) -> str:
    parts = dotted.split(".")
    length = next((count for count, part in enumerate(parts, 1) if part[:1].isupper()), len(parts))
    return ".".join(parts[:length])


def _new_ones(added: Iterable[Document]) -> str:
    tiers = [api["tier"] for api in added]
    counted = ", ".join(f"{tiers.count(tier)} {tier}" for tier in _SHOWN_TIERS if tier in tiers)
    return f"New loop APIs: {len(tiers)}" + (f" ({counted})" if counted else "")
