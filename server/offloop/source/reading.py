"""One file to its text, as Python itself reads it."""

from __future__ import annotations

import codecs
import io
import stat
import tokenize
from pathlib import Path

from offloop.source.model import Problem, SourceFile

MAX_FILE_SIZE = 5_000_000


def source_from_text(path: str, module: str, is_package: bool, text: str) -> SourceFile:
    """Return the source file of a text that is already at hand, such as an editor's."""
    return SourceFile(path, module, is_package, text)


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
