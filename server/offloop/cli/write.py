"""Writing changed texts back: whole or not at all, in the file's own encoding and mode."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from offloop.source import Problem, decode_python, python_encoding


def write_source(path: str, old: str, new: str) -> Problem | None:
    """Replace the text of a Python file; a Problem where that is not possible, the file is then as before.

    ``old`` is the text that the new one was made from: a file that has changed since is left alone.
    """
    try:
        data = Path(path).read_bytes()
        if decode_python(data) != old:
            return Problem(path, "was changed meanwhile and is not mended")
        replace_file(Path(path), new.encode(python_encoding(data)))
    except UnicodeEncodeError as error:
        return Problem(path, f"is not mended: {error.encoding} has no {error.object[error.start]!r}")
    except OSError as error:
        return Problem(path, f"cannot be written: {error.strerror or error}")
    except ValueError as error:
        return Problem(path, str(error))
    return None


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that it is either all new or all old, keeping its mode; raises OSError."""
    target = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        if target.exists():
            shutil.copymode(target, temporary)
        else:
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    if sys.platform == "win32":
        return 0
    mask = os.umask(0)
    os.umask(mask)
    return mask
