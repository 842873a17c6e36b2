"""Calls functions of a running Home Assistant from a worker thread, with arguments made from what lives there.

Receivers are live objects of the class, else new ones made by their constructor. An argument is made from its
annotation and its name: ``area_id`` is that of an area that the registry at hand holds. Nothing is written for one
function by name. Imported by Home Assistant's interpreter only.
"""

from __future__ import annotations

import asyncio
import collections.abc
import contextlib
import dataclasses
import datetime
import enum
import functools
import gc
import importlib
import inspect
import itertools
import logging
import operator
import sys
import threading
import time
import types
import typing
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from homeassistant.core import HomeAssistant, callback

GUARD, QUIET = "guard", "quiet"
# What Home Assistant's own guard says, what asyncio says to a thread without a loop, and async_get_hass.
_REFUSALS = (
    "from a thread other than the event loop",
    "no running event loop",
    "called from the wrong thread",
)
_SECONDS = 5
_BUSY_SECONDS = 0.3
_DEPTH = 4
_LIVE_PER_CLASS = 40
_RECEIVERS = 12
# How many times arguments are made in another way: other members of enums and unions, other live objects.
_TURNS = 8
_NUMBERS = itertools.count(1)
# What text is when its name has this part; a service of that name is there.
_TEXTS = {
    "domain": "sensor",
    "platform": "sensor",
    "scope": "sensor",
    "service": "example",
    "version": "2099.1.0",
}


class CannotBuildError(Exception):
    """No object for an annotation; the message names it."""


class SelfFilling(dict[str, Any]):
    """A dictionary that makes up what is asked of it, by the key's annotation or name."""

    def __init__(
        self, *args: Any, builder: Builder | None = None, hints: dict[str, Any] | None = None
    ) -> None:
        super().__init__(*args)
        self.builder = builder
        self.hints = hints or {}

    def __bool__(self) -> bool:
        return True

    def __missing__(self, key: str) -> Any:
        if self.builder is None or not isinstance(key, str):
            raise KeyError(key)
        self[key] = self.builder.argument(key, self.hints.get(key, Any), None, 1)
        return self[key]


def find(dotted: str) -> tuple[Any, Any]:
    """Return (class or None, function or property) of a dotted name, wherever it is defined."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        cls = None
        for part in parts[cut:-1]:
            owner = cls = getattr(owner, part)
        if cls is None:
            return None, getattr(owner, parts[-1])
        return cls, inspect.getattr_static(cls, parts[-1])
    raise CannotBuildError(f"no module of {dotted}")


class Builder:
    """Makes objects for annotations."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.live: dict[type, list[Any]] = defaultdict(list)
        self.made: list[Any] = []
        self.turn = 0
        hass.services.async_register(_TEXTS["domain"], _TEXTS["service"], callback(lambda _: None))
        self.refresh()

    def refresh(self) -> None:
        """Look for live objects."""
        self.live.clear()
        gc.collect()
        made = {id(thing) for thing in self.made}  # Home Assistant does not know these
        for thing in gc.get_objects():
            kind = type(thing)
            if id(thing) in made:
                continue
            module = getattr(kind, "__module__", None)
            if isinstance(module, str) and len(self.live[kind]) < _LIVE_PER_CLASS and kind not in _PLAIN:
                self.live[kind].append(thing)

    # ---------------------------------------------------------------- receivers and arguments
    def receivers(self, cls: type) -> Iterator[Any]:
        """Yield the live objects of a class, those of Home Assistant's core first, else a new one."""
        found = False
        for kind, things in list(self.live.items()):
            try:
                fits = issubclass(kind, cls)
            except TypeError:
                continue
            if fits:
                for thing in sorted(things, key=_liveliness):
                    found = True
                    yield thing
        if not found:
            yield self.new(cls, _DEPTH)

    def arguments(self, function: Any, receiver: Any, extra: str | None = None) -> dict[str, Any] | None:
        """Return arguments for what has no default, and for ``extra``; None where that is no parameter."""
        hints = _hints(function)
        signature = inspect.signature(function)
        given: dict[str, Any] = {}
        for position, (name, parameter) in enumerate(signature.parameters.items()):
            if position == 0 and receiver is not None:
                continue
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if parameter.default is parameter.empty or name == extra:
                hint = hints.get(name, Any)
                # What is to be added must not be there yet.
                is_new = dataclasses.is_dataclass(hint) and _adds(function)
                given[name] = (
                    self.new(hint, _DEPTH) if is_new else self.argument(name, hint, receiver, _DEPTH)
                )
        return given if extra is None or extra in given else None

    def argument(self, name: str, hint: Any, receiver: Any, depth: int) -> Any:
        """Return an object for a parameter: of what the receiver holds where it is an identifier."""
        if _takes_text(hint) and (name.endswith("_id") or name == "entity"):
            found = self._identifier("entity_id" if name == "entity" else name, receiver)
            if found is not None:
                return found
        if _is_open(hint):
            return self.named(name)
        return self.build(hint, name, depth)

    def named(self, name: str) -> Any:
        """Return an object for a name alone."""
        if name == "hass":
            return self.hass
        if name in ("config", "data", "service_data", "options", "msg", "user_input"):
            return SelfFilling(builder=self)
        if name == "id" or name.startswith(("num", "count")):
            return next(_NUMBERS)
        if name.endswith("_ids"):
            return [self.named(name.removesuffix("s"))]
        return (self._identifier(name, None) if name.endswith("_id") else None) or self._text(name)

    def _identifier(self, name: str, receiver: Any) -> str | None:
        """Return an identifier of something that a registry holds, else of anything alive."""
        plain = name.removesuffix("_id").replace("_", "")
        by_name: str | None = None
        for thing in self._held(receiver):
            own, plainly = _attribute(thing, name), _attribute(thing, "id")
            fits = plain in type(thing).__name__.lower()
            for value in (own, plainly) if fits else ():
                if isinstance(value, str) and value:
                    return value
            if by_name is None and isinstance(own, str) and own:
                by_name = own
        return by_name

    def _held(self, receiver: Any) -> Iterator[Any]:
        """Yield what a receiver's containers hold, then those of the core's own parts, then anything alive."""
        yield from self._contained(receiver)
        for part in _attributes(self.hass):
            if type(part).__module__.startswith("homeassistant."):
                yield from self._contained(part)
        for things in list(self.live.values()):
            yield from things[:3]

    def _contained(self, receiver: Any) -> Iterator[Any]:
        for value in _attributes(receiver):
            inner = value if isinstance(value, HomeAssistant) else _attribute(value, "data") or value
            if isinstance(inner, collections.abc.Mapping):
                for item in list(inner.values()):
                    yield item
                    if isinstance(item, collections.abc.Mapping):
                        yield from list(item.values())

    # ---------------------------------------------------------------- by annotation
    def build(self, hint: Any, name: str, depth: int) -> Any:
        """Return an object for an annotation; raises CannotBuildError."""
        origin = typing.get_origin(hint)
        if origin in (typing.Union, types.UnionType):
            kinds = [arg for arg in typing.get_args(hint) if arg is not type(None)]
            return self._any_of(self._turned(kinds), name, depth)
        if origin is typing.Literal:
            return self._turned(typing.get_args(hint))[0]
        if origin is typing.Annotated:
            return self.build(typing.get_args(hint)[0], name, depth)
        if isinstance(hint, typing.TypeAliasType):
            return self.build(hint.__value__, name, depth)
        if isinstance(hint, typing.TypeVar):
            return self.argument(name, hint.__bound__ or Any, None, depth)
        kind = origin or hint
        if kind is type:
            return typing.get_args(hint)[0] if typing.get_args(hint) else object
        if kind is collections.abc.Callable or getattr(hint, "_is_protocol", False):
            return callback(lambda *_, **__: None)
        if kind in (collections.abc.Coroutine, collections.abc.Awaitable):
            return _nothing()
        if not isinstance(kind, type):
            raise CannotBuildError(f"{name}: {hint}")
        return self._of_class(kind, hint, name, depth)

    def _of_class(self, kind: type, hint: Any, name: str, depth: int) -> Any:
        if kind is HomeAssistant:
            return self.hass
        if typing.is_typeddict(kind):
            return SelfFilling(builder=self, hints=_hints(kind))
        if issubclass(kind, enum.Enum):
            return self._turned(list(kind))[0]
        parts = typing.get_args(hint)
        if kind in (list, set, frozenset, tuple) or kind.__module__ in ("collections.abc", "typing"):
            if issubclass(kind, collections.abc.Mapping):
                return SelfFilling(builder=self)
            item = self.argument(name.removesuffix("s"), parts[0] if parts else str, None, depth)
            return kind((item,)) if kind.__module__ == "builtins" else [item]
        for plain, make in self._plain(name).items():
            if kind is plain:
                return make()
        if any(typing.is_typeddict(part) for part in parts):
            return self.new(kind, depth, dict(zip(_variables(kind), parts, strict=False)))
        things = list(itertools.islice(self.receivers(kind), _TURNS))
        if not things:
            raise CannotBuildError(f"{name}: {kind.__name__}")
        return self._turned(things)[0]

    def _turned(self, choices: Sequence[Any]) -> list[Any]:
        """Return what there is to choose from, beginning elsewhere at each turn."""
        first = self.turn % len(choices) if choices else 0
        return [*choices[first:], *choices[:first]]

    def _plain(self, name: str) -> dict[type, Callable[[], Any]]:
        return {
            str: lambda: self._text(name),
            int: lambda: 1,
            float: lambda: 1.0,
            bool: lambda: self.turn % 2 == 0,
            bytes: lambda: b"1",
            dict: lambda: SelfFilling(builder=self),
            datetime.datetime: lambda: datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1),
            datetime.timedelta: lambda: datetime.timedelta(hours=1),
            datetime.date: datetime.date.today,
            object: object,
        }

    def _any_of(self, hints: list[Any], name: str, depth: int) -> Any:
        problem: Exception | None = None
        for hint in sorted(hints, key=lambda hint: getattr(hint, "__name__", "") == "UndefinedType"):
            try:
                return self.argument(name, hint, None, depth)
            except CannotBuildError as error:
                problem = error
        raise problem or CannotBuildError(name)

    def new(self, cls: type, depth: int, variables: dict[Any, Any] | None = None) -> Any:
        """Return a new object of a class, made by its constructor from what lives; raises CannotBuildError.

        Of an abstract class, it is one of a class derived for it, whose abstract methods do nothing.
        """
        if depth <= 0:
            raise CannotBuildError(f"no {cls.__name__} lives")
        if inspect.isabstract(cls):
            cls = type(cls)(cls.__name__, (cls,), dict.fromkeys(cls.__abstractmethods__, _does_nothing))
        variables = variables or {}
        try:
            hints = _hints(cls.__init__)
            given = {
                name: self.argument(name, _filled(hints.get(name, Any), variables), None, depth - 1)
                for name, parameter in list(inspect.signature(cls.__init__).parameters.items())[1:]
                if (parameter.default is parameter.empty or _mentions(hints.get(name), variables))
                and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            }
            made = cls(**given)
            self.made.append(made)
        except CannotBuildError:
            raise
        except Exception as error:
            raise CannotBuildError(f"no {cls.__name__} lives, and none can be made: {error!r}") from error
        for name, value in (("hass", self.hass), ("entity_id", f"sensor.made_{next(_NUMBERS)}")):
            if _attribute(made, name) is None and hasattr(type(made), name):
                setattr(made, name, value)
        return made

    def _text(self, name: str) -> str:
        for part, text in _TEXTS.items():
            if part in name.split("_"):
                return text
        return f"{name}_{next(_NUMBERS)}"


# -------------------------------------------------------------------- calling
class Target:
    """A function by its dotted name, with the objects that it can be called on."""

    def __init__(self, builder: Builder, dotted: str) -> None:
        self.builder = builder
        cls, function = find(dotted)
        self.receivers: Iterator[Any] = iter([None])
        if isinstance(function, staticmethod | classmethod):
            function = function.__get__(None, cls)
        elif cls is not None:
            self.receivers = itertools.islice(builder.receivers(cls), _RECEIVERS)
        self.is_property = isinstance(function, property)
        self.function = function.fget if self.is_property else function
        self.parameters = inspect.signature(inspect.unwrap(self.function)).parameters

    def calls(self, *, optional: bool) -> Iterator[Callable[[], Any]]:
        """Yield calls: with what is needed, and with each optional argument, on one object after the other.

        Where nothing is to be changed, many functions return before their guard. Raises CannotBuildError.
        """
        extras = [name for name, one in self.parameters.items() if one.default is not one.empty]
        for receiver in self.receivers:
            for extra in (None, *extras) if optional else (None,):
                yield self._call(receiver, extra)

    def _call(self, receiver: Any, extra: str | None) -> Callable[[], Any]:
        given = self.builder.arguments(inspect.unwrap(self.function), receiver, extra) or {}
        positional = [receiver] if receiver is not None else []
        leading = [
            name
            for name, one in self.parameters.items()
            if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ][len(positional) :]
        leading = list(itertools.takewhile(lambda name: name in given, leading))
        positional += [given[name] for name in leading]
        return lambda: self.function(
            *positional, **{name: value for name, value in given.items() if name not in leading}
        )


async def outcomes(builder: Builder, dotted: str, until: str) -> list[str]:
    """Call a function from a worker thread in several ways until one comes to ``until``.

    Each is "guard", "quiet", "error: " and what was raised, or "cannot: " and why there is no call.
    """
    found: list[str] = []
    for turn in range(_TURNS if until == GUARD else 1):
        builder.turn = turn
        try:
            for call in Target(builder, dotted).calls(optional=until == GUARD):
                found.append(await in_worker(call))
                if found[-1] == until:
                    return found
        except (CannotBuildError, AttributeError, ImportError, NameError, TypeError, ValueError) as error:
            found.append(f"cannot: {error}")
        finally:
            builder.turn = 0
        if any("not back after" in one for one in found):
            break
    return found


async def in_worker(call: Callable[[], Any], seconds: float = _SECONDS) -> str:
    """Return what a call in a thread of its own comes to."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str] = loop.create_future()
    _start(call, lambda words: loop.call_soon_threadsafe(lambda: done.done() or done.set_result(words)))
    try:
        return await asyncio.wait_for(done, seconds)
    except TimeoutError:
        return f"error: not back after {seconds} s"
    except asyncio.CancelledError:  # some end what runs in the loop
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        return "error: it cancelled the task that waits for it"


async def waits_for_loop(call: Callable[[], Any]) -> bool:
    """Whether a call in a thread of its own does not come back while the loop is busy."""
    back = threading.Event()
    _start(call, lambda _: back.set())
    time.sleep(_BUSY_SECONDS)  # the loop is to be kept busy
    waited = not back.is_set()
    await asyncio.sleep(0.05)
    return waited


def _start(call: Callable[[], Any], tell: Callable[[str], Any]) -> None:
    def run() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed by now
            tell(outcome_of(call))

    threading.Thread(target=run, daemon=True, name="SyncWorker_judge").start()


def outcome_of(call: Callable[[], Any]) -> str:
    """Return what a call comes to."""
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - whatever a call from the wrong thread ends in
        if any(words in str(error) for words in _REFUSALS):
            return GUARD
        return f"error: {error!r}"[:300]
    if inspect.iscoroutine(result):
        result.close()
    return QUIET


# -------------------------------------------------------------------- annotations and objects
_PLAIN = frozenset(
    {dict, list, tuple, set, types.FunctionType, types.CodeType, types.CellType, types.ModuleType}
)


def _hints(function: Any) -> dict[str, Any]:
    """Return the annotations of a function, resolved one by one: names for type checkers only are looked up."""
    function = inspect.unwrap(function)
    names = getattr(function, "__globals__", {})
    found: dict[str, Any] = {}
    for name, given in getattr(function, "__annotations__", {}).items():
        annotation = given.__forward_arg__ if isinstance(given, typing.ForwardRef) else given
        if not isinstance(annotation, str):
            found[name] = annotation
            continue
        scope = dict(names)
        for _ in range(8):
            try:
                found[name] = eval(annotation, scope)  # Home Assistant's own annotation
                break
            except NameError as error:
                scope[error.name] = _class_anywhere(error.name)
            except (TypeError, AttributeError, SyntaxError):
                break
    return found


def _class_anywhere(name: str) -> Any:
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("homeassistant"):
            thing = vars(module).get(name)
            if thing is not None:
                return thing
    return Any


def _takes_text(hint: Any) -> bool:
    return hint is str or hint is Any or str in typing.get_args(hint)


def _is_open(hint: Any) -> bool:
    return hint in (Any, inspect.Parameter.empty, typing.Hashable)


def _attributes(thing: Any) -> Iterator[Any]:
    yield from list(getattr(thing, "__dict__", {}).values())
    for cls in type(thing).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            value = _attribute(thing, name)
            if value is not None:
                yield value


def _attribute(thing: Any, name: str) -> Any:
    """Return an attribute, None where there is none or its property fails."""
    try:
        return getattr(thing, name, None)
    except Exception:  # noqa: BLE001 - a property of an object that is not set up
        return None


def _variables(kind: Any) -> tuple[Any, ...]:
    return getattr(kind, "__parameters__", ())


def _filled(hint: Any, variables: dict[Any, Any]) -> Any:
    """Return an annotation in which type variables are what they stand for."""
    if hint in variables:
        return variables[hint]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return functools.reduce(operator.or_, (_filled(arg, variables) for arg in typing.get_args(hint)))
    return hint


def _mentions(hint: Any, variables: dict[Any, Any]) -> bool:
    return hint in variables or any(arg in variables for arg in typing.get_args(hint))


def _adds(function: Any) -> bool:
    return bool({"create", "add"}.intersection(function.__name__.split("_")))


def _does_nothing(*_: Any, **__: Any) -> None:
    return None


def _liveliness(thing: Any) -> tuple[bool, bool, str]:
    """Return what sorts live objects: those that are set up first, in a steady order."""
    ready = all(
        _attribute(thing, name) is not None for name in ("hass", "platform") if hasattr(type(thing), name)
    )
    return not ready, not _attribute(thing, "is_admin"), str(_attribute(thing, "entity_id"))


async def _nothing() -> None:
    return None


def calm() -> None:
    """Say nothing of what the calls provoke."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
