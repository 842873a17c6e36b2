"""A catalog as users see it: the JSON document of ``offloop catalog``, and the same as text.

Shown is what an integration can use. Names with a part that begins with an underscore are left out. An entry
point is shown where an integration can be the one called: a function of its module; a worker method that
its class only stands in for (it has an ``async_`` sibling that it is no twin of, or is called unless another
method is there); any other method of a class that classes of another module derive from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from offloop.library.model import (
    ANYWHERE,
    BlockingCall,
    Catalog,
    ClassSignature,
    Dispatch,
    EntryPoint,
    HandOff,
    LoopApi,
    Origin,
    SyncApi,
    Twin,
)

Document = dict[str, Any]
_USUAL_ERROR = "RuntimeError"


def as_document(catalog: Catalog, *, detailed: bool = False) -> Document:
    """Return the document of a catalog, plain data for JSON; every list is sorted by name.

    The shape is promised to others; ``detailed`` documents, for our own text, have rare things besides: errors other
    than RuntimeError, and what the constructor of a receiver decides.
    """
    classes = dict(_classes(catalog))
    bases = frozenset(_bases_elsewhere(classes.values()))
    twins = frozenset(api.twin.name for api in catalog.loop_apis.values() if api.twin is not None)
    apis = sorted(api for api in catalog.loop_apis.values() if is_public(api.name))
    entries = sorted(
        (
            named
            for entry in catalog.entry_points
            if _is_shown(entry, classes, bases, twins)
            for named in _under_public_names(entry, classes)
        ),
        key=lambda entry: (entry.class_name, entry.method, entry.runs_in),
    )
    handoffs = sorted(
        handoff
        for items in catalog.handoffs.values()
        for handoff in items
        if is_public(handoff.api) and handoff.dispatch is not Dispatch.BOTH
    )
    sync_apis = sorted(api for api in catalog.sync_apis.values() if is_public(api.name))
    return {
        "version": catalog.version,
        "digest": catalog.digest,
        "loop_apis": [_loop_api(api, detailed=detailed) for api in apis],
        "entry_points": _each_once(_entry(entry) for entry in entries),
        "handoffs": [_handoff(handoff, detailed=detailed) for handoff in handoffs],
        "blocking": [_blocking(call) for call in sorted(catalog.blocking)],
        "sync_apis": [_sync_api(api) for api in sync_apis],
    }


def is_public(dotted: str) -> bool:
    """Whether no part of a dotted name begins with an underscore."""
    return not any(part.startswith("_") for part in dotted.split("."))


# -------------------------------------------------------------------- which entry points
def _classes(catalog: Catalog) -> Iterator[tuple[str, ClassSignature]]:
    for module in catalog.modules.values():
        for symbol in module.names.values():
            if isinstance(symbol, ClassSignature):
                yield symbol.dotted, symbol


def _bases_elsewhere(classes: Iterable[ClassSignature]) -> Iterator[str]:
    """Yield the classes that a class of another module derives from."""
    for cls in classes:
        for base in cls.bases:
            if not base.name.startswith(f"{cls.module}."):
                yield base.name


def _is_shown(
    entry: EntryPoint, classes: Mapping[str, ClassSignature], bases: frozenset[str], twins: frozenset[str]
) -> bool:
    if entry.runs_in == ANYWHERE:
        return False
    if not entry.class_name:
        return is_public(entry.method)
    if not is_public(entry.method):
        return False
    if entry.runs_in != "worker":
        return entry.class_name in bases
    cls = classes.get(entry.class_name)
    if cls is None:
        return False
    sibling = f"async_{entry.method}"
    own = f"{entry.class_name}.{entry.method}"
    return bool(entry.unless) or (sibling in cls.methods and own not in twins)


def _under_public_names(entry: EntryPoint, classes: Mapping[str, ClassSignature]) -> Iterator[EntryPoint]:
    """Yield an entry point; one of a private class under the names of the public ones that build on it."""
    if is_public(entry.class_name):
        yield entry
        return
    for cls in classes.values():
        if is_public(cls.dotted) and any(base.name == entry.class_name for base in cls.bases):
            yield entry._replace(class_name=cls.dotted)


def _each_once(entries: Iterable[Document]) -> list[Document]:
    """Drop further calls of the same method in the same context: the first line is the one shown."""
    first: dict[tuple[str, str, str], Document] = {}
    for entry in entries:
        first.setdefault((entry["class"], entry["method"], entry["runs_in"]), entry)
    return list(first.values())


# -------------------------------------------------------------------- records
def _origin(origin: Origin) -> Document:
    return {"file": origin.file, "line": origin.line}


def _loop_api(api: LoopApi, *, detailed: bool) -> Document:
    return {
        "name": api.name,
        "kind": api.kind.value,
        "tier": api.tier.value,
        "reported_name": api.reported_name,
        "origin": _origin(api.origin),
        "twin": _twin(api.twin),
        **({"error": api.error} if detailed and api.error != _USUAL_ERROR else {}),
    }


def _twin(twin: Twin | None) -> Document | None:
    if twin is None:
        return None
    return {
        "name": twin.name,
        "dropped": list(twin.dropped),
        "added": list(twin.added),
        "returns_same": twin.returns_same,
        "blocks": twin.blocks,
    }


def _entry(entry: EntryPoint) -> Document:
    return {
        "class": entry.class_name,
        "method": entry.method,
        "runs_in": entry.runs_in,
        "origin": _origin(entry.origin),
    }


def _handoff(handoff: HandOff, *, detailed: bool) -> Document:
    return {
        "api": handoff.api,
        "parameter": {"index": handoff.index, "keyword": handoff.keyword},
        "dispatch": handoff.dispatch.value,
        "origin": _origin(handoff.origin),
        **({"made_with": _made_with(handoff)} if detailed and handoff.made_with else {}),
    }


def _made_with(handoff: HandOff) -> list[Document]:
    """Return which argument of the receiver's constructor makes it another dispatch."""
    return [
        {"parameter": parameter, "value": value, "dispatch": dispatch}
        for parameter, value, dispatch in handoff.made_with
    ]


def _blocking(call: BlockingCall) -> Document:
    return {"name": call.name, "strict": call.strict}


def _sync_api(api: SyncApi) -> Document:
    return {"name": api.name, "in_loop": api.in_loop}


# -------------------------------------------------------------------- text
_TIERS = {
    "raises": "raise outside of the loop, RuntimeError where no other error is named",
    "raises-via": "reach such a guard on every way",
    "corrupts": "change the loop's state without a guard",
    "unknown": "could not be judged",
    "read": "only read",
}


def as_text(document: Document) -> str:
    """Return a document for reading: one line an entry, each with the line of Home Assistant behind it."""
    lines = [f"Home Assistant {document['version']} (digest {document['digest']})"]
    apis = document["loop_apis"]
    for tier, words in _TIERS.items():
        chosen = [api for api in apis if api["tier"] == tier]
        lines += _section(f"Loop APIs that {words}", (_api_line(api) for api in chosen))
    coroutines = sum(api["tier"] == "coroutine" for api in apis)
    lines += ["", f"Coroutine functions, to be awaited: {coroutines} (see --output-format json)"]
    lines += _section("Called by Home Assistant", (_entry_line(entry) for entry in document["entry_points"]))
    lines += _section("Where a callable runs", (_handoff_line(handoff) for handoff in document["handoffs"]))
    lines += _section(
        "Blocking calls in the loop",
        (f"{call['name']}: {'refused' if call['strict'] else 'reported'}" for call in document["blocking"]),
    )
    lines += _section(
        "Not to be called in the loop", (f"{api['name']}: {api['in_loop']}" for api in document["sync_apis"])
    )
    return "\n".join(lines) + "\n"


def _section(title: str, entries: Iterable[str]) -> list[str]:
    shown = list(entries)
    return ["", f"{title}: {len(shown)}", *(f"  {entry}" for entry in shown)]


def place(entry: Document) -> str:
    """Return the line of Home Assistant that an entry rests on."""
    return f"{entry['origin']['file']}:{entry['origin']['line']}"


def twin_words(twin: Document) -> str:
    """Return a twin with what a caller has to mind."""
    notes = [f"without {', '.join(twin['dropped'])}"] if twin["dropped"] else []
    notes += ["other result"] if not twin["returns_same"] else []
    notes += ["blocks"] if twin["blocks"] else []
    return f"{twin['name']} ({'; '.join(notes)})" if notes else str(twin["name"])


def _api_line(api: Document) -> str:
    reported = f' as "{api["reported_name"]}"' if api["reported_name"] else ""
    error = f" ({api['error']})" if "error" in api else ""
    twin = f"; from a worker: {twin_words(api['twin'])}" if api["twin"] else ""
    return f"{api['name']}{reported}{error}{twin}  {place(api)}"


def entry_name(entry: Document) -> str:
    """Return the name of an entry point; a module's function stands alone."""
    return f"{entry['class']}.{entry['method']}" if entry["class"] else str(entry["method"])


def _entry_line(entry: Document) -> str:
    return f"{entry_name(entry)}: {entry['runs_in']}  {place(entry)}"


def _handoff_line(handoff: Document) -> str:
    others = "".join(
        f", {other['dispatch']} where made with {other['parameter']}={other['value']}"
        for other in handoff.get("made_with", ())
    )
    return f"{handoff['api']}({handoff['parameter']['keyword']}): {handoff['dispatch']}{others}  {place(handoff)}"
