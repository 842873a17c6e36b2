"""The modules that are analysed together, as one program: facts and signatures joined into a world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import is_
from typing import NamedTuple

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.inference.context import FunctionId
from offloop.library.model import Kind, ModuleSignature, Origin, Type
from offloop.library.outside import Outside, outside, outside_of_function
from offloop.library.overrides import LOOP_PREFIXES
from offloop.library.signature import SignatureBuilder
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.world import AnalysedModule, World
from offloop.text import LineIndex, Room


class ModuleInput(NamedTuple):
    """One module to analyse; ``path`` is how places in it are named.

    Somebody may be editing a piece of it: then there is ``room`` in the text, and ``edited`` are the function
    that the piece defines, if it defines one, and those that lie in it.
    """

    name: str
    path: str
    is_package: bool
    text: str
    facts: ModuleFacts
    room: Room | None = None
    edited: range | None = None


class Program:
    """Analysed modules over a library, with how each function presents itself."""

    def __init__(
        self,
        inputs: Iterable[ModuleInput],
        library: Mapping[str, ModuleSignature],
        conventions: Mapping[str, Type],
        callback_decorators: frozenset[str],
    ) -> None:
        self._callbacks = callback_decorators
        analysed: dict[str, AnalysedModule] = {}
        builders: dict[str, SignatureBuilder] = {}
        for item in inputs:
            builder, signature = self._signed(item)
            analysed[item.name] = AnalysedModule(
                item.name, item.path, item.text, item.facts, signature, item.room
            )
            builders[item.name] = builder
        self.world = World(analysed, library)
        self.evaluator = Evaluator(self.world, conventions, callback_decorators)
        self.kinds: dict[FunctionId, Kind] = {}
        # Callbacks whose mark no dispatcher sees, because a decorator hides it.
        self.unmarked: frozenset[FunctionId] = frozenset()
        self.line_indexes: dict[str, LineIndex] = {}
        self._outsides: dict[str, Outside] = {}
        # What ``properties`` looks for, by name: it changes with what is declared only.
        self.property_names: frozenset[str] | None = None
        self.setters: dict[str, dict[str, FunctionId]] | None = None
        self._add_local_classes(builders)
        for builder in builders.values():
            self.kinds.update(self._kinds_of(builder, builder.facts.functions))

    def _add_local_classes(self, builders: Mapping[str, SignatureBuilder]) -> None:
        for module in self.world.analysed.values():
            for cls in module.facts.classes:
                if cls.parent is not None or cls.owner_class is not None:
                    self.world.add_local_class(builders[module.name].class_(cls))

    def _kinds_of(
        self, builder: SignatureBuilder, functions: Iterable[FunctionFacts]
    ) -> Iterator[tuple[FunctionId, Kind]]:
        """Decide which functions are callbacks, imports inside functions and re-exports followed."""
        for function in functions:
            kind = builder.kind(function)
            if kind is Kind.PLAIN and function.decorators:
                kind = self._decorated(function, builder)
            yield FunctionId(builder.module, function.index), kind

    def _decorated(self, function: FunctionFacts, builder: SignatureBuilder) -> Kind:
        for decorator in function.decorators:
            dotted = builder.type_of(decorator)
            if dotted is None:
                continue
            found = self.world.find(dotted.name)
            if getattr(found, "dotted", None) in self._callbacks:
                return Kind.CALLBACK
        return Kind.PLAIN

    def replace(self, item: ModuleInput) -> bool:
        """Put a new text in the place of a module's, if only the insides of its functions differ.

        Returns whether it was put there: not where anything differs that other modules may see without
        evaluating an expression.
        """
        before = self.world.analysed[item.name]
        known = self._outsides.get(item.name)
        if known is None:
            shown = ModuleInput(item.name, before.path, item.is_package, before.text, before.facts)
            known = self._outsides[item.name] = outside(*self._signed(shown))
        builder, signature = self._signed(item)
        if outside(builder, signature) != known:
            return False
        functions = item.facts.functions
        if any(self.kinds[function] is not kind for function, kind in self._kinds_of(builder, functions)):
            return False
        self.put(item)
        return True

    def replace_function(self, item: ModuleInput, functions: range) -> bool:
        """Put a new text in the place of a module's, if only the insides of one function differ.

        Returns whether it was put there, as ``replace`` does.
        """
        before, facts = self.world.analysed[item.name], item.facts
        if not differ_only_in(functions, before.facts, facts):
            return False
        builder = self.evaluator.builder(item.name)
        if outside_of_function(builder, before.facts, functions) != outside_of_function(
            builder, facts, functions
        ):
            return False
        own = facts.functions[functions.start : functions.stop]
        if any(self.kinds[function] is not kind for function, kind in self._kinds_of(builder, own)):
            return False
        self.put(item)
        return True

    def put(self, item: ModuleInput) -> None:
        """Put a new text in the place of a module's, from which nothing that is known differs."""
        before = self.world.analysed[item.name]
        self.world.analysed[item.name] = before._replace(text=item.text, facts=item.facts, room=item.room)
        self.line_indexes.pop(item.name, None)

    def _signed(self, item: ModuleInput) -> tuple[SignatureBuilder, ModuleSignature]:
        builder = SignatureBuilder(
            item.name, item.path, item.is_package, item.facts, item.text, self._callbacks
        )
        return builder, builder.build()

    def view(self) -> Program:
        """Return a copy that goes on answering the questions below when texts are replaced."""
        # One is made with each check, and ``copy`` takes long to find out how.
        view, world = object.__new__(Program), object.__new__(World)
        world.__dict__ |= self.world.__dict__ | {"analysed": dict(self.world.analysed)}
        view.__dict__ |= self.__dict__ | {"world": world, "line_indexes": dict(self.line_indexes)}
        return view

    # ---------------------------------------------------------------- questions
    def facts(self, function: FunctionId) -> FunctionFacts:
        """Return the facts of a function."""
        return self.world.analysed[function.module].facts.functions[function.index]

    def lines(self, module: str) -> LineIndex:
        """Return the line index of a module's text."""
        index = self.line_indexes.get(module)
        if index is None:
            index = self.line_indexes[module] = LineIndex(self.world.analysed[module].text)
        return index

    def roomy_lines(self) -> dict[str, LineIndex]:
        """Return the line indexes of the texts with room in them, by path."""
        return {
            module.path: self.lines(module.name)
            for module in self.world.analysed.values()
            if module.room is not None
        }

    def line(self, module: str, offset: int) -> int:
        """Return the 1-based line of an offset in a module's text."""
        return self.lines(module).position(offset).line + 1

    def origin(self, module: str, offset: int) -> Origin:
        """Return the place of an offset in a module's text."""
        position = self.lines(module).position(offset)
        return Origin(self.path(module), position.line + 1, position.column)

    def path(self, module: str) -> str:
        """Return the path of a module."""
        return self.world.analysed[module].path

    def is_pinned(self, function: FunctionId) -> bool:
        """Whether a direct call from a worker does not make the function run there by right.

        True of coroutine functions, callbacks, and functions that carry the prefix of the loop.
        """
        return self.kinds[function] is not Kind.PLAIN or self.facts(function).name.startswith(LOOP_PREFIXES)


def differ_only_in(functions: range, before: ModuleFacts, after: ModuleFacts) -> bool:
    """Whether all functions but some are the same objects in two versions of a module's facts."""
    old, new = before.functions, after.functions
    first, last = functions.start, functions.stop
    return (
        len(old) == len(new)
        and all(map(is_, old[:first], new[:first]))
        and all(map(is_, old[last:], new[last:]))
    )
