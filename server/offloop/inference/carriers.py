"""Which declared types can carry a callable: what is declared as text or number never does."""

from __future__ import annotations

from offloop.facts.tree import Expr
from offloop.library.model import Type
from offloop.resolve.boundary import Memo
from offloop.resolve.evaluate import Evaluator

_PLAIN = frozenset(
    {
        "str",
        "int",
        "float",
        "bool",
        "bytes",
        "complex",
        "None",
        "datetime.datetime",
        "datetime.timedelta",
        "datetime.date",
        "datetime.time",
        "pathlib.Path",
        "logging.Logger",
        "asyncio.AbstractEventLoop",
    }
)
_CONTAINERS = frozenset(
    {
        "list",
        "set",
        "dict",
        "tuple",
        "frozenset",
        "Iterable",
        "Sequence",
        "Mapping",
        "MutableMapping",
        "Collection",
        "List",
        "Set",
        "Dict",
        "Tuple",
        "AsyncGenerator",
        "Generator",
        "Iterator",
        "defaultdict",
        "deque",
    }
)


class Carriers:
    """Answers for parameters and results of analysed functions; memoised."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        # By identity: what was seen in a module that has changed since must be forgotten.
        self._known: Memo[int, bool] = Memo()

    def can_carry(self, annotation: Expr | None, module: str) -> bool:
        """Whether a value declared by an annotation (None: by nothing) may hold a callable."""
        if annotation is None:
            return True
        known = self._known.get(id(annotation))
        if known is None:
            kind = self.evaluator.builder(module).type_of(annotation)
            known = self._known.put(id(annotation), kind is None or not is_plain(kind))
        return known

    def settle(self) -> None:
        """Keep what is known."""
        self._known.settle()

    def forget(self, layers: int) -> None:
        """Forget what is not in the first layers of what is settled."""
        self._known.forget(layers)


def is_plain(kind: Type) -> bool:
    """Whether a type is made of texts and numbers only."""
    if kind.name in _PLAIN:
        return True
    if not kind.args:
        return False
    if kind.name == "|" or kind.name.rpartition(".")[2] in _CONTAINERS:
        return all(is_plain(arg) for arg in kind.args)
    return False
