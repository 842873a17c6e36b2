"""All the modules that names may lead to: the analysed ones, over what is known of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from offloop.facts.model import ClassFacts, FunctionFacts, ModuleFacts
from offloop.library.model import (
    Alias,
    ClassSignature,
    FunctionSignature,
    ModuleSignature,
    Symbol,
    Type,
    Variable,
)
from offloop.library.overrides import RENAMES, RESULTS
from offloop.text import Room

_MAX_ALIASES = 16


class External(NamedTuple):
    """Something outside of all known modules, by its dotted path."""

    dotted: str


class AnalysedModule(NamedTuple):
    """A module whose bodies are looked at; ``path`` is how findings name its file, ``room`` is in ``text``."""

    name: str
    path: str
    text: str
    facts: ModuleFacts
    signature: ModuleSignature
    room: Room | None = None


Found = ModuleSignature | ClassSignature | FunctionSignature | Variable | External


class World:
    """Finds modules, symbols, classes and their members by canonical dotted name."""

    def __init__(self, analysed: dict[str, AnalysedModule], library: Mapping[str, ModuleSignature]) -> None:
        self.analysed = analysed
        self.library = library
        self._found: dict[str, Found] = {}
        self._starred: set[str] = set()  # star imports gone through in the current search
        self._lines: dict[str, tuple[Type, ...]] = {}
        self._locals: dict[str, ClassSignature] = {}
        self._below: dict[str, list[ClassSignature]] | None = None

    def module(self, name: str) -> ModuleSignature | None:
        """Return a module's signature, the analysed one first."""
        analysed = self.analysed.get(name)
        return analysed.signature if analysed is not None else self.library.get(name)

    def subclasses(self, dotted: str) -> Iterable[ClassSignature]:
        """Return the analysed classes below a class."""
        if self._below is None:
            below: dict[str, list[ClassSignature]] = {}
            for module in self.analysed.values():
                for cls in module.facts.classes:
                    signature = self.class_named(f"{module.name}.{cls.qualname}")
                    if signature is None:
                        continue
                    for ancestor in self.ancestry(Type(signature.dotted))[1:]:
                        below.setdefault(ancestor.name, []).append(signature)
            self._below = below
        return self._below.get(dotted, ())

    def add_local_class(self, signature: ClassSignature) -> None:
        """Make a class known that is defined inside a function or another class."""
        self._locals[signature.dotted] = signature

    # ---------------------------------------------------------------- symbols
    def find(self, dotted: str) -> Found:
        """Return what a dotted name stands for, imports followed."""
        found = self._found.get(dotted)
        if found is None:
            self._starred.clear()
            found = self._found[dotted] = self._find(dotted, 0)
        return found

    def _find(self, dotted: str, depth: int) -> Found:
        dotted = RENAMES.get(dotted, dotted)
        local = self._locals.get(dotted)
        if local is not None:
            return local
        if depth > _MAX_ALIASES:
            return External(dotted)
        parts = dotted.split(".")
        for count in range(len(parts), 0, -1):
            module = self.module(".".join(parts[:count]))
            if module is not None:
                return self._find_in(module, parts[count:], dotted, depth)
        return External(dotted)

    def _find_in(self, module: ModuleSignature, rest: list[str], dotted: str, depth: int) -> Found:
        if not rest:
            return module
        symbol = module.names.get(rest[0])
        if symbol is None:
            for star in module.stars:
                through = ".".join([star, *rest])
                if through in self._starred or self.module(star) is None:
                    continue  # modules that take everything of each other; a module that nobody knows
                self._starred.add(through)
                found = self._find(through, depth + 1)
                if not isinstance(found, External):
                    return found
            return External(dotted)
        if isinstance(symbol, Alias):
            target = ".".join([symbol.dotted, *rest[1:]])
            return self._find(target, depth + 1) if target != dotted else External(dotted)
        return self._inside(symbol, rest[1:], dotted)

    def _inside(self, symbol: Symbol, rest: list[str], dotted: str) -> Found:
        if not rest and not isinstance(symbol, Alias):
            return symbol
        if isinstance(symbol, ClassSignature):
            method = symbol.methods.get(rest[0])
            if method is not None and len(rest) == 1:
                return method
            if rest[0] in symbol.attributes and len(rest) == 1:
                return Variable(symbol.attributes[rest[0]])
        return External(dotted)

    def class_named(self, dotted: str) -> ClassSignature | None:
        """Return the class of that name, None where it is no known class."""
        found = self.find(dotted)
        return found if isinstance(found, ClassSignature) else None

    # ---------------------------------------------------------------- types
    def concrete(self, kind: Type | None, depth: int = 0) -> tuple[Type, ...]:
        """Return the class types behind a type: unions opened, aliases and call results followed."""
        if kind is None or depth > _MAX_ALIASES:
            return ()
        if kind.name == "|":
            return tuple(member for arg in kind.args for member in self.concrete(arg, depth + 1))
        if kind.name == "()":
            return self._result_of(kind.args[0], depth)
        if kind.name == "=":
            return self.concrete(kind.args[0], depth + 1)
        if kind.name.startswith("~"):
            return ()
        found = self.find(kind.name)
        if isinstance(found, ClassSignature):
            return (Type(found.dotted, kind.args),)
        if isinstance(found, Variable):
            if found.type is not None and found.type.name in ("=", "|"):
                return self.concrete(found.type, depth + 1)
            return ()
        if isinstance(found, External):
            return (Type(found.dotted, kind.args),)
        return ()

    def _result_of(self, called: Type, depth: int) -> tuple[Type, ...]:
        found = self.find(called.name)
        if isinstance(found, ClassSignature):
            return (Type(found.dotted, called.args),)
        if isinstance(found, FunctionSignature):
            return self.concrete(found.returns, depth + 1)
        if isinstance(found, Variable) and found.type is not None and found.type.name == "=":
            return self.concrete(found.type, depth + 1)  # another name of a class
        if isinstance(found, External):
            result = external_result(found.dotted)
            return (Type(result.name, called.args or result.args),) if result is not None else ()
        return ()

    def bases(self, kind: Type) -> tuple[Type, ...]:
        """Return the direct base types with the type arguments put in."""
        signature = self.class_named(kind.name)
        if signature is None:
            return ()
        arguments = type_arguments(signature, kind)
        return tuple(
            base for declared in signature.bases for base in self.concrete(substitute(declared, arguments))
        )

    def ancestry(self, kind: Type) -> tuple[Type, ...]:
        """Return the type and all its base types, nearest first, each class once."""
        key = repr(kind) if kind.args else kind.name
        known = self._lines.get(key)
        if known is None:
            seen: dict[str, Type] = {}
            self._collect(kind, seen, 0)
            known = self._lines[key] = tuple(_linearise(self, kind, seen))
        return known

    def _collect(self, kind: Type, seen: dict[str, Type], depth: int) -> None:
        if kind.name in seen or depth > 40:
            return
        seen[kind.name] = kind
        for base in self.bases(kind):
            self._collect(base, seen, depth + 1)

    def members(self, kind: Type, name: str) -> Iterator[tuple[Type, FunctionSignature | Type]]:
        """Yield (owner, method or attribute type) along the ancestry; attribute types are substituted."""
        for owner in self.ancestry(kind):
            signature = self.class_named(owner.name)
            if signature is None:
                continue
            method = signature.methods.get(name)
            if method is not None:
                yield owner, method
                continue
            attribute = signature.attributes.get(name)
            if attribute is not None:
                yield owner, substitute(attribute, type_arguments(signature, owner))

    def method(self, kind: Type, name: str) -> tuple[Type, FunctionSignature] | None:
        """Return the method that a call on an instance reaches, with its owner."""
        for owner, member in self.members(kind, name):
            if isinstance(member, FunctionSignature):
                return owner, member
        return None

    def constructor(self, kind: Type) -> tuple[Type, FunctionSignature] | None:
        """Return the ``__init__`` that making an object runs; None where a dataclass makes its own."""
        signature = self.class_named(kind.name)
        if signature is not None and signature.is_dataclass and "__init__" not in signature.methods:
            return None
        return self.method(kind, "__init__")

    # ---------------------------------------------------------------- facts
    def function_facts(self, module: str, index: int) -> FunctionFacts | None:
        """Return the facts of an analysed function."""
        analysed = self.analysed.get(module)
        return analysed.facts.functions[index] if analysed is not None and index >= 0 else None

    def class_facts(self, signature: ClassSignature) -> ClassFacts | None:
        """Return the facts of an analysed class."""
        analysed = self.analysed.get(signature.module)
        return analysed.facts.classes[signature.index] if analysed is not None else None


def external_result(dotted: str) -> Type | None:
    """Return what calling an external thing gives: a listed result, or an object where it is named as a class."""
    listed = RESULTS.get(dotted)
    if listed is not None:
        return listed
    last = dotted.rpartition(".")[2].lstrip("_")
    if last[:1].isupper() or dotted in ("list", "dict", "set", "tuple", "frozenset"):
        return Type(dotted)
    return None


def type_arguments(signature: ClassSignature, kind: Type) -> dict[str, Type]:
    """Return type variable -> argument for a class used as ``kind``; a bound stands in for a missing one."""
    arguments: dict[str, Type] = {}
    for position, (name, bound) in enumerate(signature.type_parameters):
        if position < len(kind.args) and kind.args[position].name != "?":
            arguments[name] = kind.args[position]
        elif bound is not None:
            arguments[name] = bound
    return arguments


def substitute(kind: Type, arguments: Mapping[str, Type]) -> Type:
    """Return a type with its type variables replaced."""
    if kind.name.startswith("~"):
        return arguments.get(kind.name[1:], kind)
    if not kind.args or not arguments:
        return kind
    return Type(kind.name, tuple(substitute(arg, arguments) for arg in kind.args))


def _linearise(world: World, kind: Type, seen: Mapping[str, Type]) -> list[Type]:
    """Order a class and its bases so that each comes before its own bases, as Python's C3 order does."""
    try:
        return [seen[name] for name in _c3(world, kind, 0)]
    except RecursionError:
        return list(seen.values())


def _c3(world: World, kind: Type, depth: int) -> list[str]:
    if depth > 40:
        return [kind.name]
    bases = world.bases(kind)
    sequences = [_c3(world, base, depth + 1) for base in bases if base.name != kind.name]
    sequences.append([base.name for base in bases if base.name != kind.name])
    result = [kind.name]
    while any(sequences):
        sequences = [sequence for sequence in sequences if sequence]
        head = next(
            (s[0] for s in sequences if not any(s[0] in other[1:] for other in sequences)), sequences[0][0]
        )
        if head not in result:
            result.append(head)
        sequences = [[name for name in sequence if name != head] for sequence in sequences]
    return result
