"""Facts of one module to its signature: which names it offers and which types its annotations name."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.model import ClassFacts, FunctionFacts, ModuleFacts
from offloop.facts.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    Collection,
    Constant,
    Define,
    Expr,
    Import,
    Name,
    Subscript,
)
from offloop.facts.walk import dotted_name, statements
from offloop.library.model import (
    Alias,
    ClassSignature,
    FunctionSignature,
    Kind,
    ModuleSignature,
    ParameterSignature,
    Symbol,
    Type,
    Variable,
)
from offloop.text import LineIndex

NONE = Type("None")
_TRANSPARENT = frozenset({"Final", "ClassVar", "Annotated", "Required", "NotRequired", "ReadOnly", "InitVar"})
_TYPE_VARIABLES = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple"})


def import_target(module: str, is_package: bool, statement: Import) -> str:
    """Return the dotted name that an import statement of a module reaches for."""
    if not statement.level:
        return statement.module
    parts = module.split(".")
    drop = statement.level - 1 if is_package else statement.level
    base = parts[: len(parts) - drop] if drop else parts
    return ".".join([*base, statement.module] if statement.module else base)


# What a name may stand for without an import: ``HassDict = dict`` (util/hass_dict.py).
_BUILTIN_CONTAINERS = frozenset({"dict", "list", "set", "frozenset", "tuple"})


class SignatureBuilder:
    """Builds the signature of one module; ``callbacks`` are the dotted names of the callback decorator."""

    def __init__(
        self,
        module: str,
        path: str,
        is_package: bool,
        facts: ModuleFacts,
        text: str,
        callbacks: frozenset[str],
    ) -> None:
        self.module = module
        self.path = path
        self.is_package = is_package
        self.facts = facts
        self.lines = LineIndex(text)
        self.callbacks = callbacks
        self.names: dict[str, Symbol] = {}
        self.stars: list[str] = []
        self.type_variables: set[str] = set()

    def build(self) -> ModuleSignature:
        """Return the signature."""
        for statement in statements(self.facts.body):
            match statement:
                case Import():
                    self._bind_import(statement, self.names)
                case Define("function", index, _, _):
                    self.names.setdefault(self.facts.functions[index].name, Alias(""))
                case Define("class", index, _, _):
                    self.names[self.facts.classes[index].name] = Alias("")
                case Assign((Name(id, _, _), *_), Call(function, _, _, _), _, _, _) if (
                    dotted_name(function) or ""
                ).rpartition(".")[2] in _TYPE_VARIABLES:
                    self.type_variables.add(id)
                case Assign((Name(id, _, _),)):
                    self.names.setdefault(id, Variable(None))  # signatures may name an alias of types
        for function in self.facts.functions:
            if function.parent is None and function.owner_class is None and not function.is_lambda:
                previous = self.names.get(function.name)
                if isinstance(previous, Alias) and previous.dotted:
                    continue  # an import of that name wins where both exist (fallback definitions)
                self.names[function.name] = self.function(function, frozenset())
        for cls in self.facts.classes:
            if cls.parent is None and cls.owner_class is None:
                self.names[cls.name] = self.class_(cls)
        for statement in statements(self.facts.body):
            if isinstance(statement, Assign):
                self._bind_variables(statement)
        return ModuleSignature(self.module, self.path, self.is_package, self.names, tuple(self.stars))

    def _bind_import(self, statement: Import, names: dict[str, Symbol]) -> None:
        target = import_target(self.module, self.is_package, statement)
        if statement.name == "*":
            self.stars.append(target)
        elif statement.name is not None:
            names[statement.alias or statement.name] = Alias(f"{target}.{statement.name}")
        elif statement.alias:
            names[statement.alias] = Alias(target)
        else:
            root = target.partition(".")[0]
            names[root] = Alias(root)

    def _bind_variables(self, statement: Assign) -> None:
        for target in statement.targets:
            if not isinstance(target, Name):
                continue
            known = self.names.get(target.id)
            if known is not None and not isinstance(known, Variable):
                continue
            value = statement.value
            constant = value.value if isinstance(value, Constant) and isinstance(value.value, str) else None
            kind = self.type_of(statement.annotation) if statement.annotation is not None else None
            if kind is not None and kind.name.rpartition(".")[2] == "TypeAlias":
                kind = None
            if kind is None and value is not None:
                kind = self.value_type(value)
            self.names[target.id] = Variable(kind, constant)

    # ---------------------------------------------------------------- types
    def resolve(self, dotted: str) -> str:
        """Return the canonical dotted name for a name used in this module."""
        first, _, rest = dotted.partition(".")
        symbol = self.names.get(first)
        if isinstance(symbol, Alias) and symbol.dotted:
            return f"{symbol.dotted}.{rest}" if rest else symbol.dotted
        if symbol is not None:
            return f"{self.module}.{dotted}"
        return dotted

    def type_of(self, expr: Expr | None, variables: frozenset[str] = frozenset()) -> Type | None:
        """Return the type that an annotation names, None where it names none that matters."""
        match expr:
            case Name() | Attribute():
                name = dotted_name(expr)
                if name is None:
                    return None
                if name in variables or name in self.type_variables:
                    return Type(f"~{name}")
                return Type(self.resolve(name))
            case Subscript(value, index, _, _):
                return self._subscripted(value, index, variables)
            case Binary("|", left, right, _, _):
                return self._union((left, right), variables)
            case Constant(None, _, _):
                return NONE
        return None

    def _subscripted(self, value: Expr, index: Expr, variables: frozenset[str]) -> Type | None:
        base = self.type_of(value, variables)
        if base is None:
            return None
        last = base.name.rpartition(".")[2]
        items = index.items if isinstance(index, Collection) and index.kind == "tuple" else (index,)
        if last in _TRANSPARENT:
            return self.type_of(items[0], variables)
        if last == "Optional":
            return self._union((*items, Constant(None, 0, 0)), variables)
        if last == "Union":
            return self._union(items, variables)
        if last == "Literal":
            return None
        args = tuple(self.type_of(item, variables) or Type("?") for item in items)
        if last == "Callable":
            return Type("Callable", args)
        return Type(base.name, args)

    def _union(self, items: tuple[Expr, ...], variables: frozenset[str]) -> Type | None:
        members: list[Type] = []
        for item in items:
            member = self.type_of(item, variables)
            if member is None or member == NONE:
                continue
            members.extend(member.args if member.name == "|" else (member,))
        if len(members) == 1:
            return members[0]
        return Type("|", tuple(members)) if members else None

    def value_type(self, value: Expr) -> Type | None:
        """Return the type of a value that its text alone tells: the result of a named call, or an alias."""
        if isinstance(value, Call):
            called = self.type_of(value.function)
            return Type("()", (called,)) if called is not None else None
        if isinstance(value, Subscript | Binary):
            alias = self.type_of(value)
            return Type("=", (alias,)) if alias is not None else None
        if isinstance(value, Name | Attribute):
            name = dotted_name(value)
            if name is not None and (
                self.names.get(name.partition(".")[0]) is not None or name in _BUILTIN_CONTAINERS
            ):
                return Type("=", (Type(self.resolve(name)),))
        return None

    # ---------------------------------------------------------------- functions and classes
    def kind(self, function: FunctionFacts) -> Kind:
        """Return how the function presents itself: its own ``async``, then the callback decorator."""
        if function.is_async:
            return Kind.COROUTINE
        for decorator in function.decorators:
            name = dotted_name(decorator)
            if name is not None and self.resolve(name) in self.callbacks:
                return Kind.CALLBACK
        return Kind.PLAIN

    def function(self, function: FunctionFacts, variables: frozenset[str]) -> FunctionSignature:
        """Return the signature of a function."""
        return self.unplaced(function, variables)._replace(
            line=self.lines.position(function.name_start).line + 1
        )

    def unplaced(self, function: FunctionFacts, variables: frozenset[str]) -> FunctionSignature:
        """Return the signature of a function without its line."""
        variables = variables | frozenset(function.type_parameters)
        parameters = tuple(
            ParameterSignature(
                parameter.name,
                parameter.kind.value,
                self.type_of(parameter.annotation, variables),
                parameter.default is not None,
            )
            for parameter in function.parameters
        )
        return FunctionSignature(
            self.module,
            function.qualname,
            function.index,
            self.kind(function),
            role(function),
            parameters,
            self.type_of(function.returns, variables),
            0,
        )

    def class_(self, cls: ClassFacts) -> ClassSignature:
        """Return the signature of a class."""
        variables = frozenset(name for name, _, _ in cls.type_parameters)
        bases = tuple(base for base in (self.type_of(expr, variables) for expr in cls.bases) if base)
        methods: dict[str, FunctionSignature] = {}
        attributes: dict[str, Type] = {}
        for statement in statements(cls.body):
            if isinstance(statement, Assign):
                self._class_attribute(statement, attributes, variables)
        for index in cls.methods:
            function = self.facts.functions[index]
            signature = self.function(function, variables)
            if signature.role == "setter":
                continue
            methods[function.name] = signature
            for name, kind, is_annotated in self.instance_attributes(function, variables):
                if is_annotated or name not in attributes:
                    attributes[name] = kind
        return ClassSignature(
            self.module,
            cls.qualname,
            cls.index,
            bases,
            self._type_parameters(cls, bases, variables),
            methods,
            attributes,
            self.lines.position(cls.name_start).line + 1,
            _is_dataclass(cls),
        )

    def _type_parameters(
        self, cls: ClassFacts, bases: tuple[Type, ...], variables: frozenset[str]
    ) -> tuple[tuple[str, Type | None], ...]:
        if cls.type_parameters:
            return tuple(
                (name, self.type_of(bound, variables) or self.type_of(default, variables))
                for name, bound, default in cls.type_parameters
            )
        generic = [
            base for base in bases if base.name.rpartition(".")[2] in ("Generic", "Protocol") and base.args
        ]
        found: dict[str, Type | None] = {}
        for base in generic or bases:
            for arg in _type_variables(base):
                found.setdefault(arg, None)
        return tuple(found.items())

    def _class_attribute(
        self, statement: Assign, attributes: dict[str, Type], variables: frozenset[str]
    ) -> None:
        for target in statement.targets:
            if not isinstance(target, Name):
                continue
            kind = self.type_of(statement.annotation, variables) if statement.annotation is not None else None
            if kind is None and statement.value is not None:
                kind = self.value_type(statement.value)
            if kind is not None:
                attributes[target.id] = kind

    def instance_attributes(
        self, function: FunctionFacts, variables: frozenset[str]
    ) -> Iterator[tuple[str, Type, bool]]:
        """Yield the attributes that a method gives its object, with their types, and whether by an annotation."""
        if not function.parameters:
            return
        own = function.parameters[0].name
        annotations = {parameter.name: parameter.annotation for parameter in function.parameters}
        for statement in statements(function.body):
            if not isinstance(statement, Assign):
                continue
            for target in statement.targets:
                if not (
                    isinstance(target, Attribute)
                    and isinstance(target.value, Name)
                    and target.value.id == own
                ):
                    continue
                kind: Type | None = None
                if statement.annotation is not None:
                    kind = self.type_of(statement.annotation, variables)
                elif isinstance(statement.value, Name):
                    kind = self.type_of(annotations.get(statement.value.id), variables)
                elif isinstance(statement.value, Call):
                    kind = self.value_type(statement.value)
                if kind is not None:
                    yield target.attr, kind, statement.annotation is not None


def role(function: FunctionFacts) -> str:
    """Return the role that decorators give to a method: "property", "static", "class", "setter" or ""."""
    for decorator in function.decorators:
        name = dotted_name(decorator if not isinstance(decorator, Call) else decorator.function) or ""
        last = name.rpartition(".")[2]
        if last.endswith("property"):
            return "property"
        if last == "staticmethod":
            return "static"
        if last == "classmethod":
            return "class"
        if last in ("setter", "deleter"):
            return "setter"
    return ""


def _is_dataclass(cls: ClassFacts) -> bool:
    for decorator in cls.decorators:
        name = dotted_name(decorator if not isinstance(decorator, Call) else decorator.function) or ""
        if name.rpartition(".")[2] in ("dataclass", "define", "frozen", "s", "attrs"):
            return True
    return False


def _type_variables(kind: Type) -> Iterator[str]:
    if kind.name.startswith("~"):
        yield kind.name[1:]
    for arg in kind.args:
        yield from _type_variables(arg)
