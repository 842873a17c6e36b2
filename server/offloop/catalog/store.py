"""A catalog to bytes and back.

The form is marshal's: fast, plain data, and nothing in it is executed when it is read. Signatures of
modules are kept apart and decoded when they are first asked for.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterator, Mapping
from functools import lru_cache
from sys import intern
from typing import Any

from offloop.library.model import (
    Alias,
    BlockingCall,
    Catalog,
    ClassSignature,
    Dispatch,
    EntryPoint,
    FunctionSignature,
    HandOff,
    Kind,
    LoopApi,
    ModuleSignature,
    Origin,
    ParameterSignature,
    Symbol,
    SyncApi,
    Tier,
    Twin,
    Type,
    Variable,
)

FORMAT = 5
MAGIC = b"offloop catalog\n"
_CHECKSUM = 16
# Newer forms refer to what was written before by its identity: equal catalogs differ then, and pack badly.
MARSHAL = 2
# What reading data of another shape raises.
DAMAGE = (EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, MemoryError, RecursionError)


class DamagedCatalogError(ValueError):
    """Bytes that are no catalog of this form."""


def dump(catalog: Catalog) -> bytes:
    """Return a catalog as bytes. The source root is left out."""
    return sealed(MAGIC, marshal.dumps(parts(catalog), MARSHAL))


def load(data: bytes, source_root: str | None) -> Catalog:
    """Return the catalog in some bytes; raises DamagedCatalogError for anything else."""
    body = unsealed(MAGIC, data)
    try:
        core, modules = marshal.loads(body)  # noqa: S302  (plain data only)
    except DAMAGE as error:
        raise DamagedCatalogError(str(error)) from error
    return joined(core, modules, source_root)


def sealed(magic: bytes, body: bytes) -> bytes:
    """Return a body behind its magic bytes and its checksum: marshal takes no damaged data."""
    return magic + hashlib.blake2b(body, digest_size=_CHECKSUM).digest() + body


def unsealed(magic: bytes, data: bytes) -> memoryview:
    """Return the body of sealed bytes; raises DamagedCatalogError where they are not what was written."""
    start = len(magic) + _CHECKSUM
    body = memoryview(data)[start:]
    if not data.startswith(magic):
        raise DamagedCatalogError("not a catalog")
    if hashlib.blake2b(body, digest_size=_CHECKSUM).digest() != data[len(magic) : start]:
        raise DamagedCatalogError("the checksum does not fit")
    return body


def parts(catalog: Catalog) -> tuple[bytes, dict[str, bytes]]:
    """Return the contracts of a catalog, and the signatures of each module, as bytes."""
    core = {
        "format": FORMAT,
        "version": catalog.version,
        "digest": catalog.digest,
        "loop_apis": [_loop_api(api) for api in catalog.loop_apis.values()],
        "entry_points": [_with_origin(entry, 3) for entry in catalog.entry_points],
        "handoffs": [_handoff(handoff) for handoffs in catalog.handoffs.values() for handoff in handoffs],
        "conventions": {name: _type(kind) for name, kind in catalog.conventions.items()},
        "callback_decorators": sorted(catalog.callback_decorators),
        "notices": list(catalog.notices),
        "blocking": [_with_origin(call, 2) for call in catalog.blocking],
        "sync_apis": [_with_origin(api, 2) for api in catalog.sync_apis.values()],
    }
    if catalog.callers:
        core["callers"] = dict(catalog.callers)
    modules = {name: marshal.dumps(_module(module), MARSHAL) for name, module in catalog.modules.items()}
    return marshal.dumps(core, MARSHAL), modules


def joined(core: bytes, modules: dict[str, bytes], source_root: str | None) -> Catalog:
    """Return the catalog of such parts; raises DamagedCatalogError."""
    try:
        raw = marshal.loads(core)  # noqa: S302  (plain data only)
        if raw["format"] != FORMAT:
            raise DamagedCatalogError(f"form {raw['format']}, not {FORMAT}")
        return _catalog(raw, StoredModules(modules), source_root)
    except DAMAGE as error:
        raise DamagedCatalogError(str(error)) from error


def _catalog(raw: dict[str, Any], modules: StoredModules, source_root: str | None) -> Catalog:
    apis = [_read_loop_api(api) for api in raw["loop_apis"]]
    handoffs: dict[str, list[HandOff]] = {}
    for item in raw["handoffs"]:
        api, index, keyword, dispatch, origin, *rest = item
        handoff = HandOff(api, index, keyword, Dispatch(dispatch), Origin(*origin), *rest)
        handoffs.setdefault(handoff.api, []).append(handoff)
    return Catalog(
        version=raw["version"],
        digest=raw["digest"],
        source_root=source_root,
        modules=modules,
        loop_apis={api.name: api for api in apis},
        entry_points=tuple(_read_entry(*item) for item in raw["entry_points"]),
        handoffs={api: tuple(items) for api, items in handoffs.items()},
        conventions={name: _read_type(kind) for name, kind in raw["conventions"].items()},
        callback_decorators=frozenset(raw["callback_decorators"]),
        notices=tuple(raw["notices"]),
        blocking=tuple(
            BlockingCall(n, strict, Origin(*o), exempt) for n, strict, o, exempt in raw["blocking"]
        ),
        sync_apis={name: SyncApi(name, in_loop, Origin(*o)) for name, in_loop, o in raw["sync_apis"]},
        callers=raw.get("callers", {}),
    )


class StoredModules(Mapping[str, ModuleSignature]):
    """Signatures by module name, each decoded when it is first asked for."""

    def __init__(self, stored: dict[str, bytes]) -> None:
        self._stored = stored
        self._decoded: dict[str, ModuleSignature] = {}

    def __getitem__(self, name: str) -> ModuleSignature:
        """Return the signature of a module."""
        known = self._decoded.get(name)
        if known is None:
            raw = marshal.loads(self._stored[name])  # noqa: S302  (plain data only)
            known = self._decoded[name] = _read_module(raw)
        return known

    def __contains__(self, name: object) -> bool:
        """Whether a module is known, without decoding it."""
        return name in self._stored

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._stored)

    def __len__(self) -> int:
        """Return the number of modules."""
        return len(self._stored)


# -------------------------------------------------------------------- to plain tuples
def _type(kind: Type | None) -> Any:
    if kind is None:
        return None
    return (kind.name, *(_type(arg) for arg in kind.args)) if kind.args else kind.name


def _function(signature: FunctionSignature) -> tuple[Any, ...]:
    parameters = tuple((p.name, p.kind, _type(p.type), p.has_default) for p in signature.parameters)
    return (
        signature.qualname,
        signature.index,
        signature.kind.value,
        signature.role,
        parameters,
        _type(signature.returns),
        signature.line,
    )


def _class(signature: ClassSignature) -> tuple[Any, ...]:
    return (
        signature.qualname,
        signature.index,
        tuple(_type(base) for base in signature.bases),
        tuple((name, _type(bound)) for name, bound in signature.type_parameters),
        tuple((name, _function(method)) for name, method in signature.methods.items()),
        tuple((name, _type(kind)) for name, kind in signature.attributes.items()),
        signature.line,
        signature.is_dataclass,
    )


def _symbol(symbol: Symbol) -> tuple[Any, ...]:
    match symbol:
        case Alias(dotted):
            return ("a", dotted)
        case Variable(kind, constant):
            return ("v", _type(kind), constant)
        case FunctionSignature():
            return ("f", _function(symbol), symbol.module)
    return ("c", _class(symbol))


def _module(signature: ModuleSignature) -> tuple[Any, ...]:
    names = tuple((name, _symbol(symbol)) for name, symbol in signature.names.items())
    return (signature.name, signature.path, signature.is_package, names, signature.stars)


def _with_origin(item: tuple[Any, ...], position: int) -> tuple[Any, ...]:
    """Return a record as a plain tuple; its origin stands at a position."""
    return (*item[:position], tuple(item[position]), *item[position + 1 :])


def _loop_api(api: LoopApi) -> tuple[Any, ...]:
    twin = tuple(api.twin) if api.twin is not None else None
    plain = (api.name, api.kind.value, api.tier.value, api.reported_name, tuple(api.origin), api.via, twin)
    return plain if api.error == "RuntimeError" else (*plain, api.error)


def _handoff(handoff: HandOff) -> tuple[Any, ...]:
    plain = (*handoff[:3], handoff.dispatch.value, tuple(handoff.origin), handoff.passes_rest)
    # What only libraries have is left out where it is empty.
    of_library = handoff[len(plain) :]
    return (*plain, *of_library) if any(of_library) else plain


# -------------------------------------------------------------------- from plain tuples
# Few types, parameters and names stand in very many signatures: equal ones are kept once.
@lru_cache(maxsize=1 << 14)
def _read_type(raw: Any) -> Type:
    return Type(raw) if isinstance(raw, str) else Type(raw[0], tuple(_read_type(arg) for arg in raw[1:]))


def _read_optional(raw: Any) -> Type | None:
    return None if raw is None else _read_type(raw)


@lru_cache(maxsize=1 << 14)
def _read_parameter(raw: Any) -> ParameterSignature:
    name, kind, declared, has_default = raw
    return ParameterSignature(name, kind, _read_optional(declared), has_default)


def _read_function(raw: Any, module: str) -> FunctionSignature:
    qualname, index, kind, role, parameters, returns, line = raw
    return FunctionSignature(
        module,
        qualname,
        index,
        Kind(kind),
        role,
        tuple([_read_parameter(parameter) for parameter in parameters]),
        _read_optional(returns),
        line,
    )


def _read_class(raw: Any, module: str) -> ClassSignature:
    qualname, index, bases, parameters, methods, attributes, line, is_dataclass = raw
    return ClassSignature(
        module,
        qualname,
        index,
        tuple(_read_type(base) for base in bases),
        tuple((name, _read_optional(bound)) for name, bound in parameters),
        {intern(name): _read_function(method, module) for name, method in methods},
        {intern(name): _read_type(kind) for name, kind in attributes},
        line,
        is_dataclass,
    )


def _read_module(raw: Any) -> ModuleSignature:
    name, path, is_package, names, stars = raw
    symbols: dict[str, Symbol] = {}
    for bound, value in names:
        key = intern(bound)
        match value[0]:
            case "a":
                symbols[key] = Alias(value[1])
            case "v":
                symbols[key] = Variable(_read_optional(value[1]), value[2])
            case "f":
                symbols[key] = _read_function(value[1], intern(value[2]))
            case _:
                symbols[key] = _read_class(value[1], name)
    return ModuleSignature(name, path, is_package, symbols, stars)


def _read_entry(owner: str, method: str, runs_in: str, origin: Any, *rest: Any) -> EntryPoint:
    return EntryPoint(owner, method, runs_in, Origin(*origin), *rest)


def _read_loop_api(raw: Any) -> LoopApi:
    name, kind, tier, reported, origin, via, twin, *error = raw
    return LoopApi(
        name,
        Kind(kind),
        Tier(tier),
        reported,
        Origin(*origin),
        via,
        Twin(*twin) if twin is not None else None,
        *error,
    )
