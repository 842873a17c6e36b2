"""Files to texts: encodings, line ends, module names, and which files make up an integration."""

from __future__ import annotations

import codecs
import hashlib
import io
import json
import os
import stat
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

MAX_FILE_SIZE = 5_000_000
_SEARCH_DEPTH = 4
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules"})
_PYTHON_SUFFIXES = frozenset({".py", ".pyw", ""})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python text.

    ``path`` is absolute, ``module`` its dotted name ("custom_components.x.switch"; a package's
    ``__init__.py`` has the package's name and ``is_package``), ``digest`` identifies the text.
    """

    path: str
    module: str
    is_package: bool
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a file or folder that the user should know: unreadable, not Python, too large.

    ``internal`` marks a fault of offloop itself; it makes the command end as abnormal.
    """

    path: str
    message: str
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Integration:
    """The files that are analysed together: one integration, or a folder of plain Python files.

    ``package`` is the dotted name that its files share ("custom_components.x",
    "homeassistant.components.x"); ``root`` the absolute folder.
    """

    name: str
    package: str
    root: str
    files: tuple[SourceFile, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class IntegrationFolder:
    """Where an integration lies, before any of its files is read.

    ``nested`` says whether subfolders belong to it. ``asked`` are the absolute files and folders whose
    findings are wanted; empty means all of them. The rest is read for what it tells about those.
    """

    name: str
    package: str
    root: str
    nested: bool = True
    asked: tuple[str, ...] = ()

    def shows(self, path: str) -> bool:
        """Whether findings in an absolute path were asked for."""
        return not self.asked or any(path == one or path.startswith(one + os.sep) for one in self.asked)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What lies at the paths of a check: the integrations in order, and what is wrong with the paths."""

    folders: tuple[IntegrationFolder, ...]
    problems: tuple[Problem, ...] = ()


# ------------------------------------------------------------------ one file
def source_from_text(path: str, module: str, is_package: bool, text: str) -> SourceFile:
    """Return the source file of a text that is already at hand, such as an editor's."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return SourceFile(path, module, is_package, text, digest)


def read_source(
    path: str, module: str, is_package: bool, max_bytes: int = MAX_FILE_SIZE
) -> SourceFile | Problem:
    """Read one Python file as Python does (PEP 263, byte order mark), its line ends kept as they are.

    Gives a Problem for a file that cannot be read or decoded, has NUL bytes or more than ``max_bytes``.
    """
    try:
        data = _read_bytes(path, max_bytes)
        text = decode_python(data)
    except OSError as error:
        return Problem(path, f"cannot be read: {error.strerror or error}")
    except ValueError as error:
        return Problem(path, str(error))
    return source_from_text(path, module, is_package, text)


def decode_python(data: bytes) -> str:
    """Return the text of a Python file's bytes, without the byte order mark.

    Raises ValueError, with a message for the user, where Python itself would not read them.
    """
    encoding = python_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        shown = encoding.removesuffix("-sig")
        raise ValueError(f"is not {shown} text: line {row} has the byte 0x{data[error.start]:02x}") from error
    except (UnicodeError, LookupError, ValueError) as error:
        raise ValueError(f"cannot be decoded as {encoding}: {error}") from error
    if "\0" in text:
        raise ValueError("is not Python text: it has NUL bytes")
    return text


def python_encoding(data: bytes) -> str:
    """Return the codec for a Python file's bytes ("utf-8-sig" where a byte order mark has to be kept).

    Raises ValueError for an encoding that is unknown or contradicts the byte order mark.
    """
    head = data[:4096]
    if b"\0" in head and not head.startswith(codecs.BOM_UTF8):
        raise ValueError("is not Python text: it has NUL bytes")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        message = str(error)
        if message.startswith("invalid or missing encoding"):
            # Only the first two lines were looked at; the decoder itself names line and byte.
            return "utf-8"
        raise ValueError(f"has an encoding that Python does not know: {message}") from error
    return encoding


def _read_bytes(path: str, max_bytes: int) -> bytes:
    status = Path(path).stat()
    if not stat.S_ISREG(status.st_mode):
        # A pipe or a device would keep us waiting for ever.
        raise ValueError("is not a regular file")
    if status.st_size > max_bytes:
        raise ValueError(
            f"is too large: {status.st_size:,} bytes, the limit is {max_bytes:,} (max-file-size)"
        )
    return Path(path).read_bytes()


# ------------------------------------------------------------------ which integrations
def discover(paths: Iterable[Path]) -> Discovery:
    """Find the integrations at files and folders without reading any Python file.

    Paths of one integration are put together. A path that is missing or holds no Python gives a Problem.
    """
    folders: dict[tuple[str, bool], IntegrationFolder] = {}
    problems: list[Problem] = []
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the user's links
        found = _discover_one(absolute)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        for folder in found:
            key = (os.path.realpath(folder.root), folder.nested)
            folders[key] = _joined(folders.get(key), folder)
    return Discovery(tuple(folders.values()), tuple(problems))


def integration_of(path: Path) -> IntegrationFolder:
    """Return the integration that an absolute file belongs to, asked for that file alone.

    It is the nearest folder above with an integration's manifest.json, else the outermost package,
    else the file's folder without its subfolders. The file need not exist.
    """
    return replace(_owner(path.parent), asked=(str(path),))


def is_home_assistant(folder: Path) -> bool:
    """Whether a folder is the ``homeassistant`` package itself, and not its integration of that name."""
    if folder.name != "homeassistant" or not _is_file(folder / "const.py"):
        return False
    return not _is_file(folder / "manifest.json")


def _joined(first: IntegrationFolder | None, second: IntegrationFolder) -> IntegrationFolder:
    if first is None:
        return second
    if not first.asked or not second.asked:
        return replace(first, asked=())
    return replace(first, asked=tuple(dict.fromkeys(first.asked + second.asked)))


def _discover_one(path: Path) -> list[IntegrationFolder] | Problem:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Problem(str(path), "does not exist")
    except OSError as error:
        return Problem(str(path), f"cannot be read: {error.strerror or error}")
    if stat.S_ISDIR(mode):
        found = list(_discover_folder(path))
        return found or Problem(str(path), "has no Python files")
    if path.suffix.lower() not in _PYTHON_SUFFIXES:
        return Problem(str(path), "is not a Python file")
    return [integration_of(path)]


def _discover_folder(folder: Path) -> Iterator[IntegrationFolder]:
    """Yield the integrations of a folder; what it is, is decided by its name and nearest contents."""
    if is_home_assistant(folder):
        yield from _components(folder / "components")
    elif folder.name in {"custom_components", "components"} and not _is_file(folder / "manifest.json"):
        yield from _components(folder)
    elif _is_directory(folder / "custom_components"):
        yield from _components(folder / "custom_components")
    elif is_home_assistant(folder / "homeassistant"):
        yield from _components(folder / "homeassistant" / "components")
    elif (owner := _enclosing_integration(folder)) is not None:
        yield owner if owner.root == str(folder) else replace(owner, asked=(str(folder),))
    else:
        yield from _integrations_below(folder) or _plain(folder)


def _components(folder: Path) -> Iterator[IntegrationFolder]:
    package = _components_package(folder)
    for child in _subfolders(folder):
        if any(entry.name.endswith(".py") for entry in _entries(child)):
            yield IntegrationFolder(child.name, f"{package}.{child.name}", str(child))


def _components_package(folder: Path) -> str:
    if folder.name == "components" and is_home_assistant(folder.parent):
        return "homeassistant.components"
    return "custom_components"


def _integrations_below(folder: Path) -> list[IntegrationFolder]:
    """Find integrations in deeper folders, such as ``config/custom_components`` of a repository."""
    found: list[IntegrationFolder] = []
    level = [folder]
    seen = {os.path.realpath(folder)}
    for _ in range(_SEARCH_DEPTH):
        deeper: list[Path] = []
        for child in (child for parent in level for child in _subfolders(parent)):
            real = os.path.realpath(child)
            if real in seen:
                continue
            seen.add(real)
            if child.name == "custom_components":
                found += _components(child)
            elif (domain := _manifest_domain(child)) is not None:
                found.append(_integration_at(child, domain))
            else:
                deeper.append(child)
        level = deeper
    return found


def _plain(folder: Path) -> list[IntegrationFolder]:
    whole = IntegrationFolder(folder.name, _plain_package(folder), str(folder))
    return [whole] if next(_python_files(folder, nested=True, problems=[]), None) else []


def _plain_package(folder: Path) -> str:
    """Name a folder's package: its own name below those of the packages around it."""
    names = [folder.name or "root"]
    parent = folder.parent
    while parent != parent.parent and _is_file(parent / "__init__.py"):
        names.append(parent.name)
        parent = parent.parent
    return ".".join(reversed(names))


def _owner(folder: Path) -> IntegrationFolder:
    found = _enclosing_integration(folder)
    if found is not None:
        return found
    if folder.name == "custom_components" or not _is_file(folder / "__init__.py"):
        return IntegrationFolder(folder.name, folder.name or "root", str(folder), nested=False)
    while folder.parent != folder.parent.parent and _is_file(folder.parent / "__init__.py"):
        folder = folder.parent
    return IntegrationFolder(folder.name, folder.name, str(folder))


def _enclosing_integration(folder: Path) -> IntegrationFolder | None:
    """Return the integration, or the part of Home Assistant's core, that a folder is or lies in."""
    for one in (folder, *folder.parents):
        if one.parent.name == "custom_components" or _is_core_component(one):
            return _integration_at(one, one.name)
        if is_home_assistant(one):
            return _core_part(one, folder)
        if (domain := _manifest_domain(one)) is not None:
            return _integration_at(one, domain)
    return None


def _is_core_component(folder: Path) -> bool:
    return folder.parent.name == "components" and is_home_assistant(folder.parent.parent)


def _core_part(root: Path, folder: Path) -> IntegrationFolder:
    """Return the core folder that is checked as a whole: ``helpers``, ``util``, or single modules' own."""
    parts = folder.relative_to(root).parts
    if not parts or parts[0] == "components":
        package = ".".join((root.name, *parts))
        return IntegrationFolder(folder.name, package, str(folder), nested=False)
    top = root / parts[0]
    return IntegrationFolder(top.name, f"{root.name}.{top.name}", str(top))


def _integration_at(folder: Path, domain: str) -> IntegrationFolder:
    if _is_core_component(folder):
        return IntegrationFolder(folder.name, f"homeassistant.components.{folder.name}", str(folder))
    return IntegrationFolder(domain, f"custom_components.{domain}", str(folder))


def _manifest_domain(folder: Path) -> str | None:
    """Return the domain of an integration's manifest; other software has files of that name too."""
    manifest = folder / "manifest.json"
    if not _is_file(manifest):
        return None
    try:
        content = json.loads(manifest.read_bytes())
    except (OSError, ValueError, RecursionError):
        # A manifest that is being edited is one all the same where Python files lie beside it.
        return folder.name if _is_file(folder / "__init__.py") else None
    domain = content.get("domain") if isinstance(content, dict) else None
    return domain if isinstance(domain, str) and domain.isidentifier() else None


# ------------------------------------------------------------------ one integration's files
def load_integration(
    folder: IntegrationFolder,
    *,
    texts: Mapping[str, str] | None = None,
    excludes: Callable[[str], bool] = lambda _: False,
    max_bytes: int = MAX_FILE_SIZE,
) -> Integration:
    """Read all files of one integration; what cannot be read is among its problems.

    ``texts`` stand in for the files of these absolute paths, existing or not; ``excludes`` says which
    absolute paths are left out unless asked for by name.
    """
    texts = texts or {}
    problems: list[Problem] = []
    files: list[SourceFile] = []
    for path in _wanted_files(folder, texts, excludes, problems):
        module, is_package = module_name(folder, path)
        text = texts.get(path)
        if text is None:
            one = read_source(path, module, is_package, max_bytes)
        else:
            one = source_from_text(path, module, is_package, text)
        if isinstance(one, Problem):
            problems.append(one)
        else:
            files.append(one)
    return Integration(folder.name, folder.package, folder.root, tuple(files), tuple(problems))


def module_name(folder: IntegrationFolder, path: str) -> tuple[str, bool]:
    """Return the dotted module name of a file of an integration, and whether it is a package."""
    parts = list(Path(path).relative_to(folder.root).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    if is_package:
        parts.pop()
    return ".".join((folder.package, *parts)), is_package


def _wanted_files(
    folder: IntegrationFolder,
    texts: Mapping[str, str],
    excludes: Callable[[str], bool],
    problems: list[Problem],
) -> list[str]:
    root = Path(folder.root)
    found = (str(path) for path in _python_files(root, folder.nested, problems, excludes))
    wanted = dict.fromkeys(path for path in found if not excludes(path))
    for path in (*folder.asked, *texts):
        # Asked for by name wins over a hidden folder, an odd suffix or an exclusion.
        inside = Path(path).is_relative_to(root)
        if inside and (path in texts or _is_file(Path(path))):
            wanted.setdefault(path)
    return sorted(wanted)


def _python_files(
    root: Path,
    nested: bool,
    problems: list[Problem],
    excludes: Callable[[str], bool] = lambda _: False,
) -> Iterator[Path]:
    """Yield each Python file below a folder once, whatever symbolic links say."""
    real_root = os.path.realpath(root)
    seen: set[str] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        deeper = []
        for entry in _entries(folder, problems):
            if entry.is_symlink() and _leads_back(entry, real_root):
                continue
            if _is_directory(entry):
                if nested and not _is_skipped(entry) and not excludes(str(entry)):
                    deeper.append(entry)
            elif entry.suffix == ".py":
                yield entry
        waiting += reversed(deeper)


def _leads_back(link: Path, real_root: str) -> bool:
    """Whether a symbolic link names something that the walk meets anyway, or the way back up."""
    target = os.path.realpath(link)
    return (target + os.sep).startswith(real_root + os.sep) or (real_root + os.sep).startswith(
        target + os.sep
    )


def _is_skipped(folder: Path) -> bool:
    if folder.name.startswith(".") or folder.name in _SKIPPED_FOLDERS:
        return True
    if _is_file(folder / "pyvenv.cfg"):
        return True
    return folder.name == "tests" and _is_directory(folder.parent / "custom_components")


def _subfolders(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if _is_directory(entry) and not _is_skipped(entry)]


def _entries(folder: Path, problems: list[Problem] | None = None) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        if problems is not None:
            problems.append(Problem(str(folder), f"cannot be read: {error.strerror or error}"))
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
