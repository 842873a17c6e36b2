"""What expressions stand for: our own fast resolver, from imports, annotations, assignments and base classes.

Nothing is executed; an expression that cannot be decided stands for nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from offloop.facts.model import (
    Assign,
    Attribute,
    Await,
    Boolean,
    Call,
    Collection,
    Comprehension,
    Conditional,
    Constant,
    Dictionary,
    Expr,
    FunctionFacts,
    Lambda,
    Name,
    Subscript,
    Walrus,
)
from offloop.facts.walk import dotted_name, statements
from offloop.library.model import (
    ClassSignature,
    FunctionSignature,
    Kind,
    ModuleSignature,
    ParameterSignature,
    Type,
    Variable,
)
from offloop.library.overrides import TYPED_KEYS
from offloop.library.signature import SignatureBuilder, import_target
from offloop.resolve.bindings import Binding, Bindings, block_bindings, function_bindings
from offloop.resolve.usage import Usage, caller_names
from offloop.resolve.values import (
    ClassObject,
    FunctionRef,
    Instance,
    Missing,
    ModuleObject,
    ScopeRef,
    SuperObject,
    Value,
    Values,
)
from offloop.resolve.world import External, World, external_result, substitute, type_arguments

_MAX_VALUES = 12
_MAPPINGS = frozenset(
    {
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "defaultdict",
        "DefaultDict",
        "OrderedDict",
        "WeakValueDictionary",
        "ChainMap",
        "MappingProxyType",
    }
)
_SEQUENCES = frozenset(
    {
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "tuple",
        "Tuple",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Iterator",
        "Collection",
        "Generator",
        "deque",
        "Deque",
        "AbstractSet",
        "KeysView",
        "ValuesView",
        "AsyncIterator",
        "AsyncIterable",
        "AsyncGenerator",
        "MutableSet",
    }
)
_AWAITABLES = frozenset({"Coroutine", "Awaitable", "Future", "Task"})
_ELEMENT_METHODS = frozenset({"get", "pop", "setdefault", "__getitem__"})
_SAME = frozenset(
    {"list", "sorted", "set", "tuple", "reversed", "iter", "frozenset", "deque", "copy", "deepcopy"}
)
COROUTINE = "typing.Coroutine"


class Evaluator:
    """Evaluates expressions of analysed modules; memoises by the identity of the expression.

    ``conventions`` give the class of parameters and attributes that say nothing themselves.
    """

    def __init__(
        self, world: World, conventions: Mapping[str, Type], callback_decorators: frozenset[str]
    ) -> None:
        self.world = world
        self.conventions = conventions
        self.callback_decorators = callback_decorators
        self.answers: dict[tuple[str, int], Type] = {}  # receivers decided elsewhere, by module and offset
        self.hints: dict[
            tuple[str, int, int], Values
        ] = {}  # what hooks are given: module, function, position
        self._memo: dict[int, Values] = {}
        self._busy: set[int] = set()
        self._cut = False  # a cycle was cut while the current expression was evaluated
        self._bindings: dict[ScopeRef, tuple[Bindings, frozenset[str]]] = {}
        self._builders: dict[str, SignatureBuilder] = {}
        self._assigned: dict[str, dict[str, dict[str, list[tuple[Expr, ScopeRef]]]]] = {}
        self._returns: dict[tuple[str, int], Values] = {}
        self.usage: Usage | None = None  # how undeclared values get where they are, where that is followed

    # ---------------------------------------------------------------- scopes
    def builder(self, module: str) -> SignatureBuilder:
        """Return the reader of annotations for a module."""
        builder = self._builders.get(module)
        if builder is None:
            analysed = self.world.analysed[module]
            builder = SignatureBuilder(
                module,
                analysed.path,
                analysed.signature.is_package,
                analysed.facts,
                analysed.text,
                self.callback_decorators,
            )
            builder.names = dict(analysed.signature.names)
            self._builders[module] = builder
        return builder

    def bindings(self, scope: ScopeRef) -> tuple[Bindings, frozenset[str]]:
        """Return the bindings of a scope and the names it leaves to an outer one."""
        known = self._bindings.get(scope)
        if known is None:
            facts = self.world.analysed[scope.module].facts
            if scope.function is not None:
                known = function_bindings(facts, facts.functions[scope.function])
            elif scope.cls is not None:
                known = block_bindings(facts, facts.classes[scope.cls].body), frozenset()
            else:
                known = block_bindings(facts, facts.body), frozenset()
            self._bindings[scope] = known
        return known

    def outer(self, scope: ScopeRef) -> ScopeRef | None:
        """Return the scope in which a name is looked up next; class bodies do not enclose their methods."""
        facts = self.world.analysed[scope.module].facts
        if scope.cls is not None:
            parent = facts.classes[scope.cls].parent
        elif scope.function is not None:
            function = facts.functions[scope.function]
            parent = function.parent
            if parent is None and function.owner_class is not None:
                parent = facts.classes[function.owner_class].parent
        else:
            return None
        return ScopeRef(scope.module, parent)

    def lookup(self, name: str, scope: ScopeRef) -> tuple[ScopeRef, list[Binding]] | None:
        """Return the scope that binds a name, and how."""
        current: ScopeRef | None = scope
        while current is not None:
            bound, left = self.bindings(current)
            found = bound.get(name)
            if found and name not in left:
                return current, found
            current = (
                self.outer(current)
                if not (name in left and current.function is not None)
                else (self.outer(current))
            )
        return None

    def own_class(self, scope: ScopeRef) -> ClassSignature | None:
        """Return the class whose method (or function inside of a method) the scope is."""
        facts = self.world.analysed[scope.module].facts
        index = scope.function
        while index is not None:
            function = facts.functions[index]
            if function.owner_class is not None:
                return self.world.class_named(
                    f"{scope.module}.{facts.classes[function.owner_class].qualname}"
                )
            index = function.parent
        return None

    # ---------------------------------------------------------------- evaluation
    def values(self, expr: Expr, scope: ScopeRef) -> Values:
        """Return what an expression may stand for; empty where that is unknown."""
        key = id(expr)
        known = self._memo.get(key)
        if known is not None:
            return known
        if key in self._busy:
            self._cut = True
            return ()
        outer_cut, self._cut = self._cut, False
        self._busy.add(key)
        try:
            found = _unique(self._evaluate(expr, scope))
        except RecursionError:
            found = ()
        finally:
            self._busy.discard(key)
        if not found:
            answer = self.answers.get((scope.module, expr.end))
            if answer is not None:
                found = self.instances(answer)
        if found or not self._cut or not self._busy:
            self._memo[key] = found
        self._cut = outer_cut or (self._cut and bool(self._busy))
        return found

    def types(self, expr: Expr, scope: ScopeRef) -> Iterator[Type]:
        """Yield the class types of the objects that an expression may stand for."""
        for value in self.values(expr, scope):
            if isinstance(value, Instance):
                yield value.type

    def _evaluate(self, expr: Expr, scope: ScopeRef) -> Iterable[Value]:
        match expr:
            case Name(name, _, _):
                return self._name(name, scope)
            case Attribute(value, attr, _, _):
                return self._attribute(self.values(value, scope), attr)
            case Call():
                return self._call(expr, scope)
            case Await(value, _, _):
                return self._awaited(self.values(value, scope))
            case Subscript(value, index, _, _):
                return self._subscript(value, index, scope)
            case Conditional(_, body, orelse, _, _):
                return (*self.values(body, scope), *self.values(orelse, scope))
            case Boolean(_, parts, _, _):
                return [value for part in parts for value in self.values(part, scope)]
            case Walrus(_, value, _, _):
                return self.values(value, scope)
            case Lambda(index, _, _):
                function = self.world.analysed[scope.module].facts.functions[index]
                return (FunctionRef(scope.module, function.qualname, index),)
            case Collection(kind, items, _, _):
                return (self._display(kind, items, scope),)
            case Dictionary(items, _, _):
                return (self._dictionary(items, scope),)
            case Comprehension(kind, elements, _, _, _):
                if kind == "dict":
                    return (self._dictionary(((elements[0], elements[1]),), scope),)
                return (self._display("list", elements, scope),)
            case Constant(value, _, _):
                return (Instance(Type("str")),) if isinstance(value, str) else ()
        return ()

    def _display(self, kind: str, items: tuple[Expr, ...], scope: ScopeRef) -> Instance:
        members = tuple(dict.fromkeys(t for item in items[:8] for t in self.types(item, scope)))
        if kind == "tuple":
            kind = "list"
        return Instance(Type(kind, (_union(members),)))

    def _dictionary(self, items: Iterable[tuple[Expr | None, Expr]], scope: ScopeRef) -> Instance:
        members = tuple(dict.fromkeys(t for _, value in list(items)[:8] for t in self.types(value, scope)))
        return Instance(Type("dict", (Type("?"), _union(members))))

    # ---------------------------------------------------------------- names
    def named(self, name: str, scope: ScopeRef) -> Values:
        """Return what a name would stand for if it stood in a scope."""
        return _unique(self._name(name, scope))

    def _name(self, name: str, scope: ScopeRef) -> Iterable[Value]:
        found = self.lookup(name, scope)
        if found is None:
            if name == "super":
                return ()
            return self._module_symbol(scope.module, name) or (External(f"builtins.{name}"),)
        where, bindings = found
        result: list[Value] = []
        for binding in bindings[:_MAX_VALUES]:
            result.extend(self._bound(binding, where))
        if not result and where.function is not None and name in self.conventions:
            result.append(Instance(self.conventions[name]))
        return result

    def _module_symbol(self, module: str, name: str) -> Values:
        analysed = self.world.analysed[module]
        for star in analysed.signature.stars:
            found = self.world.find(f"{star}.{name}")
            if not isinstance(found, External):
                return self.wrap(found)
        return ()

    def _bound(self, binding: Binding, scope: ScopeRef) -> Iterable[Value]:
        match binding.kind:
            case "value":
                return self._bound_value(binding, scope)
            case "element":
                if binding.expr is None:
                    return ()
                return self._elements(binding.expr, scope, binding.item)
            case "context":
                return (
                    self.values(binding.expr, scope) if binding.expr is not None and binding.item < 0 else ()
                )
            case "parameter":
                return self.parameter(scope, binding.index)
            case "function":
                facts = self.world.analysed[scope.module].facts
                return (FunctionRef(scope.module, facts.functions[binding.index].qualname, binding.index),)
            case "class":
                facts = self.world.analysed[scope.module].facts
                return (ClassObject(Type(f"{scope.module}.{facts.classes[binding.index].qualname}")),)
            case "import":
                return self._imported(binding, scope)
        return ()

    def _imported(self, binding: Binding, scope: ScopeRef) -> Values:
        statement = binding.statement
        if statement is None:
            return ()
        is_package = self.world.analysed[scope.module].signature.is_package
        target = import_target(scope.module, is_package, statement)
        if statement.name is not None:
            target = f"{target}.{statement.name}"
        elif not statement.alias:
            target = target.partition(".")[0]
        return self.wrap(self.world.find(target))

    def _bound_value(self, binding: Binding, scope: ScopeRef) -> Iterable[Value]:
        if binding.annotation is not None and binding.item < 0:
            declared = self.annotated(binding.annotation, scope)
            if declared:
                return declared
        if binding.expr is None:
            return ()
        values = self.values(binding.expr, scope)
        if binding.item < 0:
            return values
        return [
            Instance(member)
            for value in values
            if isinstance(value, Instance)
            for member in self.world.concrete(_tuple_item(value.type, binding.item))
        ]

    def annotated(self, annotation: Expr, scope: ScopeRef) -> Values:
        """Return the objects that an annotation promises."""
        kind = self.builder(scope.module).type_of(annotation, self._type_variables(scope))
        return self.instances(kind)

    def _type_variables(self, scope: ScopeRef) -> frozenset[str]:
        cls = self.own_class(scope) if scope.function is not None else None
        names = {name for name, _ in cls.type_parameters} if cls is not None else set()
        if scope.function is not None:
            names.update(self.world.analysed[scope.module].facts.functions[scope.function].type_parameters)
        return frozenset(names)

    def instances(self, kind: Type | None) -> Values:
        """Return objects of a type: unions opened, aliases followed, ``type[X]`` as the class itself."""
        result: list[Value] = []
        for member in self.world.concrete(kind):
            if member.name in ("type", "typing.Type") and member.args:
                result.extend(ClassObject(inner) for inner in self.world.concrete(member.args[0]))
            elif member.name != "?":
                result.append(Instance(member))
        return tuple(result)

    def parameter(self, scope: ScopeRef, index: int) -> Iterable[Value]:
        """Return what a parameter may stand for: its annotation, ``self``, the base method's annotation."""
        facts = self.world.analysed[scope.module].facts
        if scope.function is None:
            return ()
        function = facts.functions[scope.function]
        parameter = function.parameters[index]
        hint = self.hints.get((scope.module, scope.function, index))
        if hint:
            return hint
        if function.owner_class is not None and index == 0:
            own = self._self_parameter(scope, function)
            if own is not None:
                return (own,)
        if parameter.annotation is not None:
            declared = self.annotated(parameter.annotation, scope)
            if declared:
                return declared
            bound = self._bound_of_variable(parameter.annotation, scope)
            if bound:
                return bound
        inherited = self._inherited_parameter(scope, function, index)
        if inherited:
            return inherited
        convention = self.conventions.get(parameter.name)
        if convention is not None:
            return (Instance(convention),)
        return self._passed(scope, function, index)

    def _passed(self, scope: ScopeRef, function: FunctionFacts, index: int) -> Values:
        """Return what the calls of an analysed function pass for a parameter."""
        if self.usage is None or function.is_lambda:
            return ()
        cls = self.own_class(scope) if function.owner_class is not None else None
        classes: tuple[str, ...] = ()
        if cls is not None:
            below = [signature.qualname for signature in self.world.subclasses(cls.dotted)]
            classes = tuple(name.rpartition(".")[2] for name in (cls.qualname, *below))
        found: list[Value] = []
        for name in caller_names(function, classes):
            for call, where in self.usage.calls_of(name):
                argument = self._argument(call, where, scope, function, index)
                if argument is not None:
                    found.extend(self.values(argument, where))
        return _unique(found)

    def _argument(
        self, call: Call, where: ScopeRef, scope: ScopeRef, function: FunctionFacts, index: int
    ) -> Expr | None:
        """Return the argument of a call for a parameter, where the call is one of that function."""
        for callee in self.values(call.function, where):
            bound = False
            if isinstance(callee, ClassObject):
                method = self.world.method(callee.type, "__init__")
                if method is None or (method[1].module, method[1].index) != (scope.module, function.index):
                    continue
                bound = True
            elif not isinstance(callee, FunctionRef) or (callee.module, callee.index) != (
                scope.module,
                function.index,
            ):
                continue
            else:
                bound = callee.receiver is not None
            parameter = function.parameters[index]
            for argument in call.arguments:
                if argument.keyword == parameter.name:
                    return argument.value
            position = index - 1 if bound else index
            positional = [argument for argument in call.arguments if argument.keyword is None]
            if 0 <= position < len(positional) and not any(a.stars for a in positional[: position + 1]):
                return positional[position].value
        return None

    def _bound_of_variable(self, annotation: Expr, scope: ScopeRef) -> Values:
        cls = self.own_class(scope)
        name = dotted_name(annotation)
        if cls is None or name is None:
            return ()
        return self.instances(dict(cls.type_parameters).get(name))

    def _self_parameter(self, scope: ScopeRef, function: FunctionFacts) -> Value | None:
        cls = self.own_class(scope)
        if cls is None:
            return None
        role = cls.methods[function.name].role if function.name in cls.methods else ""
        if role == "static":
            return None
        arguments = tuple(Type(f"~{name}") if bound is None else bound for name, bound in cls.type_parameters)
        kind = Type(cls.dotted, arguments)
        return ClassObject(kind) if role == "class" or function.name == "__new__" else Instance(kind)

    def _inherited_parameter(self, scope: ScopeRef, function: FunctionFacts, index: int) -> Values:
        cls = self.own_class(scope) if function.owner_class is not None else None
        if cls is None:
            return ()
        for owner, member in self.world.members(Type(cls.dotted), function.name):
            if owner.name == cls.dotted or not isinstance(member, FunctionSignature):
                continue
            if index < len(member.parameters):
                return self.instances(member.parameters[index].type)
        return ()

    def wrap(self, found: object) -> Values:
        """Return the values for something that a dotted name stands for."""
        match found:
            case ClassSignature():
                return (ClassObject(Type(found.dotted)),)
            case FunctionSignature():
                return (self._reference(found, None),)
            case ModuleSignature():
                return (ModuleObject(found.name),)
            case External():
                return (found,)
            case Variable(kind, _):
                return self._variable(kind)
        return ()

    def _variable(self, kind: Type | None) -> Values:
        if kind is None:
            return ()
        if kind.name == "=":
            found = self.world.find(kind.args[0].name)
            if isinstance(found, ClassSignature | FunctionSignature | External) and not kind.args[0].args:
                return self.wrap(found)
        return self.instances(kind)

    def _reference(self, signature: FunctionSignature, receiver: Type | None) -> FunctionRef:
        index = signature.index if signature.module in self.world.analysed else -1
        return FunctionRef(signature.module, signature.qualname, index, receiver)

    # ---------------------------------------------------------------- attributes
    def _attribute(self, owners: Values, attr: str) -> Iterable[Value]:
        result: list[Value] = []
        for owner in owners[:_MAX_VALUES]:
            match owner:
                case Instance(kind):
                    result.extend(self.member(kind, attr))
                case SuperObject(kind):
                    result.extend(self._super_member(kind, attr))
                case ClassObject(kind):
                    result.extend(self._class_member(kind, attr))
                case ModuleObject(name):
                    result.extend(self._module_member(name, attr))
                case External(dotted):
                    result.extend(self.wrap(self.world.find(f"{dotted}.{attr}")))
                case FunctionRef() if attr == "__func__":
                    result.append(owner)
        if not result and attr in self.conventions:
            result.append(Instance(self.conventions[attr]))
        return result

    def _module_member(self, module: str, attr: str) -> Values:
        found = self.world.find(f"{module}.{attr}")
        if isinstance(found, Variable) and found.type is None and module in self.world.analysed:
            scope = ScopeRef(module, None)
            bound, _ = self.bindings(scope)
            return tuple(value for binding in bound.get(attr, []) for value in self._bound(binding, scope))
        return self.wrap(found)

    def member(self, kind: Type, attr: str) -> Values:
        """Return what an attribute of an object of a class may stand for."""
        known = False
        for owner in self.world.ancestry(kind):
            signature = self.world.class_named(owner.name)
            if signature is None:
                if owner.name == "?":
                    continue
                if not known and owner.name not in ("object", "builtins.object"):
                    external = self._external_member(kind, owner, attr)
                    if external:
                        return external
                continue
            known = True
            found = self._own_member(signature, owner, kind, attr)
            if found is not None:
                return found
        if known:
            for owner in self.world.ancestry(kind):
                if self.world.class_named(owner.name) is None and owner.name not in _PLAIN_BASES:
                    return (External(f"{owner.name}.{attr}"),)
            below = self._below(kind, attr)
            if below:
                return below
            if attr in self.conventions:
                return (Instance(self.conventions[attr]),)
            return (Missing(kind, attr),)
        return ()

    def _below(self, kind: Type, attr: str) -> Values:
        """Return what the classes that a mixin is mixed into make of an attribute it does not define itself."""
        if self.usage is None:
            return ()
        found: list[Value] = []
        for signature in self.world.subclasses(kind.name):
            below = Type(signature.dotted)
            for owner in self.world.ancestry(below):
                known = self.world.class_named(owner.name)
                member = self._own_member(known, owner, below, attr) if known is not None else None
                if member:
                    found.extend(member)
                    break
        return _unique(found)

    def _external_member(self, kind: Type, owner: Type, attr: str) -> Values:
        if kind.name != owner.name:
            return ()
        return (External(f"{owner.name}.{attr}"),)

    def _own_member(self, signature: ClassSignature, owner: Type, kind: Type, attr: str) -> Values | None:
        method = signature.methods.get(attr)
        arguments = type_arguments(signature, owner)
        if method is not None:
            if method.role == "property":
                return self._property(method, arguments, kind)
            return (self._reference(method, kind),)
        attribute = signature.attributes.get(attr)
        if attribute is not None:
            declared = self.instances(substitute(attribute, arguments))
            if declared:
                return declared
        assigned = self.assignments(signature).get(attr)
        if assigned:
            found = _unique(
                value for expr, where in assigned[:_MAX_VALUES] for value in self.values(expr, where)
            )
            return found or None
        return () if attribute is not None else None

    def _property(self, method: FunctionSignature, arguments: Mapping[str, Type], kind: Type) -> Values:
        if method.returns is not None:
            declared = self.instances(substitute(method.returns, arguments))
            if declared:
                return declared
        return self.returned(method.module, method.index) if method.module in self.world.analysed else ()

    def _super_member(self, kind: Type, attr: str) -> Values:
        for owner in self.world.ancestry(kind)[1:]:
            signature = self.world.class_named(owner.name)
            if signature is None:
                continue
            found = self._own_member(signature, owner, kind, attr)
            if found is not None:
                return found
        return ()

    def _class_member(self, kind: Type, attr: str) -> Values:
        for owner in self.world.ancestry(kind):
            signature = self.world.class_named(owner.name)
            if signature is None:
                return (External(f"{owner.name}.{attr}"),)
            method = signature.methods.get(attr)
            if method is not None:
                return (self._reference(method, kind if method.role == "class" else None),)
            nested = self.world.class_named(f"{owner.name}.{attr}")
            if nested is not None:
                return (ClassObject(Type(nested.dotted)),)
            if attr in signature.attributes:
                return self.instances(signature.attributes[attr])
        return ()

    def assignments(self, signature: ClassSignature) -> Mapping[str, list[tuple[Expr, ScopeRef]]]:
        """Return the values that methods of an analysed class give to attributes of their own object."""
        known = self._assigned.setdefault(signature.module, {}).get(signature.qualname)
        if known is not None:
            return known
        result: dict[str, list[tuple[Expr, ScopeRef]]] = {}
        analysed = self.world.analysed.get(signature.module)
        if analysed is not None:
            cls = analysed.facts.classes[signature.index]
            for statement in statements(cls.body):
                if isinstance(statement, Assign) and statement.value is not None:
                    scope = ScopeRef(signature.module, None, signature.index)
                    for target in statement.targets:
                        if isinstance(target, Name):
                            result.setdefault(target.id, []).append((statement.value, scope))
            for index in cls.methods:
                function = analysed.facts.functions[index]
                for attr, value in _self_assignments(function):
                    result.setdefault(attr, []).append((value, ScopeRef(signature.module, index)))
        self._assigned[signature.module][signature.qualname] = result
        return result

    # ---------------------------------------------------------------- calls
    def _call(self, call: Call, scope: ScopeRef) -> Iterable[Value]:
        function = call.function
        if isinstance(function, Name) and function.id == "super":
            cls = self.own_class(scope)
            return (SuperObject(Type(cls.dotted)),) if cls is not None else ()
        if isinstance(function, Attribute):
            contained = self._container_method(function, call, scope)
            if contained is not None:
                return contained
        result: list[Value] = []
        for callee in self.values(function, scope):
            result.extend(self._result(callee, call, scope))
        return result

    def _result(self, callee: Value, call: Call, scope: ScopeRef) -> Iterable[Value]:
        match callee:
            case ClassObject(kind):
                return (Instance(self._constructed(kind, call, scope)),)
            case FunctionRef():
                return self.call_result(callee)
            case Instance(kind):
                if kind.name == "Callable" and kind.args:
                    return self.instances(kind.args[-1])
                return [
                    value
                    for member in self.member(kind, "__call__")
                    if isinstance(member, FunctionRef)
                    for value in self.call_result(member)
                ]
            case External(dotted):
                return self._external_call(dotted, call, scope)
        return ()

    def _constructed(self, kind: Type, call: Call, scope: ScopeRef) -> Type:
        """Put in the type arguments that the constructor's arguments show."""
        signature = self.world.class_named(kind.name)
        if kind.args or signature is None or not signature.type_parameters:
            return kind
        method = self.world.method(kind, "__init__")
        if method is None:
            return kind
        known: dict[str, Type] = {}
        for parameter, argument in match_arguments(method[1], call, bound=True):
            declared = parameter.type
            if declared is not None and declared.name.startswith("~"):
                for found in self.types(argument, scope):
                    known.setdefault(declared.name[1:], found)
        return Type(
            kind.name, tuple(known.get(name, bound or Type("?")) for name, bound in signature.type_parameters)
        )

    def call_result(self, function: FunctionRef) -> Values:
        """Return what calling a function gives; a coroutine function gives a coroutine."""
        found = self.world.find(function.dotted) if function.index < 0 else None
        signature = found if isinstance(found, FunctionSignature) else self._signature(function)
        if signature is None:
            return self.returned(function.module, function.index)
        returns = signature.returns
        if returns is not None and function.receiver is not None:
            returns = self._substituted(returns, function)
        if signature.kind is Kind.COROUTINE:
            inner = returns
            if inner is None and function.index >= 0:
                inner = _union(
                    tuple(
                        v.type
                        for v in self.returned(function.module, function.index)
                        if isinstance(v, Instance)
                    )
                )
            return (Instance(Type(COROUTINE, (inner or Type("?"),))),)
        if returns is not None:
            if returns.name.rpartition(".")[2] == "Self" and function.receiver is not None:
                return (Instance(function.receiver),)
            declared = self.instances(returns)
            if declared:
                return declared
        return self.returned(function.module, function.index) if function.index >= 0 else ()

    def _signature(self, function: FunctionRef) -> FunctionSignature | None:
        facts = self.world.function_facts(function.module, function.index)
        if facts is None or facts.is_lambda:
            return None
        found = self.world.find(function.dotted)
        if isinstance(found, FunctionSignature) and found.index == function.index:
            return found
        return self.builder(function.module).function(facts, frozenset())

    def _substituted(self, returns: Type, function: FunctionRef) -> Type:
        owner = function.qualname.rpartition(".")[0]
        if function.receiver is None:
            return returns
        for ancestor in self.world.ancestry(function.receiver):
            if ancestor.name == f"{function.module}.{owner}":
                signature = self.world.class_named(ancestor.name)
                if signature is not None:
                    return substitute(returns, type_arguments(signature, ancestor))
        return returns

    def returned(self, module: str, index: int) -> Values:
        """Return what the ``return`` statements of an analysed function give."""
        key = (module, index)
        known = self._returns.get(key)
        if known is not None:
            return known
        self._returns[key] = ()  # a recursive function adds nothing of its own
        function = self.world.function_facts(module, index)
        if function is None or function.is_generator:
            return ()
        scope = ScopeRef(module, index)
        found: list[Value] = []
        for statement in statements(function.body):
            value = getattr(statement, "value", None)
            if statement.__class__.__name__ == "Return" and value is not None:
                found.extend(self.values(value, scope))
        self._returns[key] = _unique(found)
        return self._returns[key]

    def _external_call(self, dotted: str, call: Call, scope: ScopeRef) -> Iterable[Value]:
        short = dotted.removeprefix("builtins.")
        last = short.rpartition(".")[2]
        if last == "cast" and len(call.arguments) == 2:
            declared = self.annotated(call.arguments[0].value, scope)
            return declared or self.values(call.arguments[1].value, scope)
        if last in _SAME and call.arguments:
            return self.values(call.arguments[0].value, scope)
        if last == "partial" and call.arguments:
            return [
                value
                for value in self.values(call.arguments[0].value, scope)
                if isinstance(value, FunctionRef | Missing)
            ]
        if short == "next" and call.arguments:
            return self._elements(call.arguments[0].value, scope, -1)
        result = external_result(short if "." not in short else dotted)
        return self.instances(result) if result is not None else ()

    def _container_method(self, function: Attribute, call: Call, scope: ScopeRef) -> Values | None:
        if function.attr not in _ELEMENT_METHODS and function.attr not in ("values", "items", "copy", "keys"):
            return None
        found: list[Value] = []
        hit = False
        for kind in self.types(function.value, scope):
            container = self._container(kind)
            if container is None:
                continue
            hit = True
            if function.attr in ("values", "items", "copy"):
                found.append(Instance(container if function.attr != "values" else _values_view(container)))
            elif function.attr in _ELEMENT_METHODS and call.arguments:
                found.extend(self._element_of(container, call.arguments[0].value, scope))
        if not found and function.attr in _ELEMENT_METHODS:
            found.extend(self._kept(call, scope))
        return tuple(found) if hit or found else None

    def _container(self, kind: Type) -> Type | None:
        """Return the mapping or sequence type among a type's ancestors."""
        for ancestor in self.world.ancestry(kind):
            last = ancestor.name.rpartition(".")[2]
            if last in _MAPPINGS or last in _SEQUENCES:
                return Type(last, ancestor.args)
        return None

    def _subscript(self, value: Expr, index: Expr, scope: ScopeRef) -> Iterable[Value]:
        result: list[Value] = []
        for owner in self.values(value, scope):
            if isinstance(owner, Instance):
                container = self._container(owner.type)
                if container is not None:
                    result.extend(self._element_of(container, index, scope))
                else:
                    method = self.world.method(owner.type, "__getitem__")
                    if method is not None:
                        result.extend(self.call_result(self._reference(method[1], owner.type)))
            elif isinstance(owner, ClassObject):
                arguments = self.builder(scope.module).type_of(Subscript(value, index, 0, 0))
                result.append(
                    ClassObject(Type(owner.type.name, arguments.args if arguments is not None else ()))
                )
            elif isinstance(owner, External):
                result.append(owner)
        return result or self._kept(Subscript(value, index, 0, 0), scope)

    def _kept(self, expr: Expr, scope: ScopeRef) -> Values:
        """Return what the integration itself stores where an expression reads: ``hass.data[KEY][...]``."""
        path = self.usage.keyed(expr, scope) if self.usage is not None else None
        if path is None or self.usage is None:
            return ()
        return _unique(
            value for stored, where in self.usage.stores_under(path) for value in self.values(stored, where)
        )

    def _element_of(self, container: Type, index: Expr, scope: ScopeRef) -> Values:
        for key in self.types(index, scope):
            plain = TYPED_KEYS.get(key.name)
            if plain is not None and key.args:
                return self.instances(key.args[0] if not plain else Type("dict", (Type("str"), key.args[0])))
        if container.name in _MAPPINGS:
            return self.instances(container.args[1]) if len(container.args) > 1 else ()
        if (
            container.name in ("tuple", "Tuple")
            and isinstance(index, Constant)
            and isinstance(index.value, int)
        ):
            return self.instances(_tuple_item(container, index.value))
        return self.instances(container.args[0]) if container.args else ()

    def _elements(self, expr: Expr, scope: ScopeRef, item: int) -> Values:
        """Return what iterating over an expression gives, or one item of the tuples it gives."""
        if isinstance(expr, Call) and isinstance(expr.function, Name) and expr.function.id == "enumerate":
            return self._elements(expr.arguments[0].value, scope, -1) if expr.arguments and item == 1 else ()
        items = (
            isinstance(expr, Call) and isinstance(expr.function, Attribute) and expr.function.attr == "items"
        )
        result: list[Value] = []
        for kind in self.types(expr, scope):
            container = self._container(kind)
            if container is None or not container.args:
                continue
            if items and container.name in _MAPPINGS:
                if item >= 0 and item < len(container.args):
                    result.extend(self.instances(container.args[item]))
            elif item < 0:
                result.extend(self.instances(container.args[0]))
            else:
                for inner in self.world.concrete(container.args[0]):
                    result.extend(self.instances(_tuple_item(inner, item)))
        return tuple(result)

    def _awaited(self, values: Values) -> Iterable[Value]:
        result: list[Value] = []
        for value in values:
            if not isinstance(value, Instance):
                continue
            if value.type.name.rpartition(".")[2] in _AWAITABLES:
                if value.type.args:
                    result.extend(self.instances(value.type.args[-1]))
            else:
                result.append(value)
        return result


_PLAIN_BASES = frozenset(
    {
        "object",
        "builtins.object",
        "abc.ABC",
        "typing.Generic",
        "typing.Protocol",
        "?",
        "Generic",
        "Protocol",
        "ABC",
    }
)


def match_arguments(
    signature: FunctionSignature, call: Call, *, bound: bool
) -> Iterator[tuple[ParameterSignature, Expr]]:
    """Yield (parameter, argument) for the arguments of a call that a signature names."""
    parameters = signature.parameters[1:] if bound else signature.parameters
    by_name = {parameter.name: parameter for parameter in parameters}
    position = 0
    for argument in call.arguments:
        if argument.keyword is not None:
            parameter = by_name.get(argument.keyword)
            if parameter is not None:
                yield parameter, argument.value
        elif argument.stars:
            return
        elif position < len(parameters):
            parameter = parameters[position]
            if parameter.kind in ("keyword-only", "keywords"):
                return
            yield parameter, argument.value
            if parameter.kind != "variadic":
                position += 1


def _unique(values: Iterable[Value]) -> Values:
    return tuple(dict.fromkeys(values))[:_MAX_VALUES]


def _union(members: tuple[Type, ...]) -> Type:
    if not members:
        return Type("?")
    return members[0] if len(members) == 1 else Type("|", members)


def _tuple_item(kind: Type, item: int) -> Type | None:
    if kind.name.rpartition(".")[2] not in ("tuple", "Tuple"):
        return None
    if len(kind.args) == 2 and kind.args[1].name == "?":
        return kind.args[0]
    return kind.args[item] if 0 <= item < len(kind.args) else None


def _values_view(container: Type) -> Type:
    return Type("list", (container.args[1],)) if len(container.args) > 1 else Type("list")


def _self_assignments(function: FunctionFacts) -> Iterator[tuple[str, Expr]]:
    if not function.parameters:
        return
    own = function.parameters[0].name
    for statement in statements(function.body):
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in statement.targets:
            if isinstance(target, Attribute) and isinstance(target.value, Name) and target.value.id == own:
                yield target.attr, statement.value
            elif isinstance(target, Collection) and isinstance(statement.value, Collection):
                for part, value in zip(target.items, statement.value.items, strict=False):
                    if isinstance(part, Attribute) and isinstance(part.value, Name) and part.value.id == own:
                        yield part.attr, value
