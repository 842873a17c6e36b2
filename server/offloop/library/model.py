"""What is known of code that is not itself analysed: its signatures and its threading contracts.

Dotted names are canonical ("homeassistant.core.EventBus.async_fire": module, then qualified name).
Lines are 1-based. Everything here is data: derived in ``offloop.catalog`` or kept by hand in ``overrides``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import NamedTuple


class Type(NamedTuple):
    """A type as an annotation names it.

    ``name`` is a dotted class name, or one of the forms "|" (union of args), "~T" (type variable),
    "()" (result of calling the thing named by args[0]), "Callable" (last argument is the result).
    """

    name: str
    args: tuple[Type, ...] = ()


class Kind(Enum):
    """How a function presents itself to a dispatcher."""

    COROUTINE = "coroutine"
    CALLBACK = "callback"
    PLAIN = "plain"


class ParameterSignature(NamedTuple):
    """One parameter; kind as facts.ParameterKind.value."""

    name: str
    kind: str
    type: Type | None
    has_default: bool


class FunctionSignature(NamedTuple):
    """A function or method by its canonical name.

    ``role`` is "", "property", "static", "class" or "setter".
    """

    module: str
    qualname: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a record for
    kind: Kind
    role: str
    parameters: tuple[ParameterSignature, ...]
    returns: Type | None
    line: int

    @property
    def dotted(self) -> str:
        """The canonical dotted name."""
        return f"{self.module}.{self.qualname}"

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]


class ClassSignature(NamedTuple):
    """A class: bases as types, methods and attributes by name, type parameters as (name, bound)."""

    module: str
    qualname: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a record for
    bases: tuple[Type, ...]
    type_parameters: tuple[tuple[str, Type | None], ...]
    methods: Mapping[str, FunctionSignature]
    attributes: Mapping[str, Type]
    line: int
    is_dataclass: bool

    @property
    def dotted(self) -> str:
        """The canonical dotted name."""
        return f"{self.module}.{self.qualname}"


class Alias(NamedTuple):
    """A name that stands for something elsewhere: an import."""

    dotted: str


class Variable(NamedTuple):
    """A module-level name that is neither import, class nor function."""

    type: Type | None
    constant: str | None = None


Symbol = Alias | Variable | FunctionSignature | ClassSignature


@dataclass(frozen=True, slots=True)
class ModuleSignature:
    """The names that a module offers."""

    name: str
    path: str
    is_package: bool
    names: Mapping[str, Symbol]
    stars: tuple[str, ...] = ()


# ------------------------------------------------------------------ threading contracts
class Tier(Enum):
    """What a call from outside of the loop does."""

    RAISES = "raises"
    RAISES_VIA = "raises-via"
    CORRUPTS = "corrupts"
    READ = "read"
    COROUTINE = "coroutine"
    UNKNOWN = "unknown"


HARMFUL = frozenset({Tier.RAISES, Tier.RAISES_VIA, Tier.CORRUPTS})


class Dispatch(Enum):
    """Where a callable that is handed over runs; KEPT: where a later call of one of some functions is made.

    BOTH: now in the loop, now in a worker, whatever its kind.
    """

    BY_TYPE = "BY_TYPE"
    LOOP = "LOOP"
    LOOP_CORO = "LOOP_CORO"
    EXECUTOR = "EXECUTOR"
    THREAD = "THREAD"
    CALLER = "CALLER"
    KEPT = "KEPT"
    BOTH = "BOTH"


class Origin(NamedTuple):
    """A place in a source: path relative to the source root, 1-based line, 0-based column in code points.

    The column is that of the word that matters: the name of a function that is called or defined.
    """

    file: str
    line: int
    column: int = 0


class Twin(NamedTuple):
    """A function that does the same from a worker thread."""

    name: str
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    returns_same: bool
    blocks: bool
    is_property: bool = False


class LoopApi(NamedTuple):
    """A function that belongs to the loop; ``via`` says which guard or change was found behind it.

    ``error`` is the name of the exception that the guard raises.
    """

    name: str
    kind: Kind
    tier: Tier
    reported_name: str | None
    origin: Origin
    via: str | None = None
    twin: Twin | None = None
    error: str = "RuntimeError"


class EntryPoint(NamedTuple):
    """A method or module function that Home Assistant calls.

    ``class_name`` is a dotted class, or "" for a function of an integration's module ("package" tells the
    package's ``__init__`` from a platform module). ``via`` is the dotted function that makes the call,
    ``unless`` names whose presence beside it makes Home Assistant call these instead. ``arguments`` are the
    dotted functions passed at each position where one is known. ``needs`` is as in ``HandOff``. ``runs_in`` is "loop",
    "worker", "by type", or ANYWHERE for a member of ANY_OBJECT, or for the function whose dotted name ``method`` is.
    """

    class_name: str
    method: str
    runs_in: str
    origin: Origin
    via: str
    unless: tuple[str, ...] = ()
    in_package: bool = False
    arguments: tuple[tuple[int, str], ...] = ()
    needs: tuple[str, ...] = ()


class HandOff(NamedTuple):
    """A parameter that takes a callable (0-based index without ``self``) and where the callable runs.

    An index of ATTRIBUTE makes ``api`` an attribute that a callable is stored in. ``runners`` are the dotted
    functions that run what is KEPT. ``within`` is the class whose own thread or loop it is, where other
    classes that share the function run what they are given elsewhere. ``needs`` are dotted functions of which
    one must be called for the thread to be there. ``is_one_way`` says that the callable may run elsewhere as well.
    ``made_with`` are (parameter, value, dispatch): where the constructor of the receiver was given that value, the
    callable runs there instead. ``way`` leads from what is handed over to what runs: ".add_service" to a method of the
    object, ".on_*" to methods by the begin of their names, "()" to what a call of it gives.
    """

    api: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a record for
    keyword: str
    dispatch: Dispatch
    origin: Origin
    passes_rest: bool = False
    within: str = ""
    runners: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    is_one_way: bool = False
    made_with: tuple[tuple[str, bool, str], ...] = ()
    way: str = ""


ATTRIBUTE = -1
# The class of an entry point for objects of every class, and the context of one that says only that there are callers,
# who knows in which threads.
ANY_OBJECT = "object"
ANYWHERE = "anywhere"
_COMPONENTS = "homeassistant.components."


class BlockingCall(NamedTuple):
    """A call that Home Assistant refuses or reports in its loop (``block_async_io.py``).

    ``strict`` calls raise, the others are logged; ``exempt`` is the dotted function that lets some
    arguments pass.
    """

    name: str
    strict: bool
    origin: Origin
    exempt: str | None = None


class SyncApi(NamedTuple):
    """A function for worker threads: called in the loop it "raises" or "deadlocks" (``in_loop``)."""

    name: str
    in_loop: str
    origin: Origin


class EntryIndex(NamedTuple):
    """The entry points of a catalog by what they are looked up by.

    ``of_classes`` are by dotted name of the class, ``hooks`` are functions of modules. Of those that are called from
    ANYWHERE, ``members`` are by name, ``functions`` by dotted name.
    """

    of_classes: Mapping[str, list[EntryPoint]]
    hooks: tuple[EntryPoint, ...]
    members: Mapping[str, EntryPoint]
    functions: Mapping[str, EntryPoint]


@dataclass(frozen=True)
class Catalog:
    """Everything that one release of Home Assistant says about threads.

    ``source_root`` is the folder that holds ``homeassistant/`` where the sources are at hand.
    ``conventions`` are parameter and attribute names that always hold the same class there.
    ``callers`` tells of libraries which of their functions call each of their functions where they run.
    """

    version: str
    digest: str
    source_root: str | None
    modules: Mapping[str, ModuleSignature]
    loop_apis: Mapping[str, LoopApi]
    entry_points: tuple[EntryPoint, ...]
    handoffs: Mapping[str, tuple[HandOff, ...]]
    conventions: Mapping[str, Type]
    callback_decorators: frozenset[str]
    notices: tuple[str, ...] = ()
    blocking: tuple[BlockingCall, ...] = ()
    sync_apis: Mapping[str, SyncApi] = field(default_factory=dict)
    callers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def entries(self) -> EntryIndex:
        """The entry points, as each analysis looks them up."""
        of_classes: dict[str, list[EntryPoint]] = defaultdict(list)
        hooks: list[EntryPoint] = []
        open_calls: tuple[dict[str, EntryPoint], dict[str, EntryPoint]] = ({}, {})
        for entry in self.entry_points:
            if entry.runs_in == ANYWHERE:
                open_calls[not entry.class_name][entry.method] = entry
            elif entry.class_name:
                of_classes[entry.class_name].append(entry)
            else:
                hooks.append(entry)
        return EntryIndex(dict(of_classes), tuple(hooks), *open_calls)

    @cached_property
    def loop_methods(self) -> Mapping[str, frozenset[str]]:
        """The names of methods that do harm off the loop, by the component of their class; "" stands for the core."""
        found: dict[str, set[str]] = defaultdict(set)
        for dotted, api in self.loop_apis.items():
            owner, _, name = dotted.rpartition(".")
            if api.tier in HARMFUL and is_class_name(owner):
                found[component_of(owner)].add(name)
        return {component: frozenset(names) for component, names in found.items()}


def is_class_name(dotted: str) -> bool:
    """Whether a dotted name looks like that of a class."""
    return dotted.rpartition(".")[2].lstrip("_")[:1].isupper()


def component_of(dotted: str) -> str:
    """Return the component of Home Assistant that a dotted name lies in, "" for any other."""
    if not dotted.startswith(_COMPONENTS):
        return ""
    return dotted.removeprefix(_COMPONENTS).partition(".")[0]
