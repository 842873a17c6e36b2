"""Files to texts: encodings, line ends, module names, and which files make up an integration."""

from offloop.source.discovery import discover, integration_of, is_home_assistant
from offloop.source.loading import load_integration, module_name
from offloop.source.model import Discovery, Integration, IntegrationFolder, Problem, SourceFile
from offloop.source.reading import (
    MAX_FILE_SIZE,
    decode_python,
    python_encoding,
    read_source,
    source_from_text,
)

__all__ = [
    "MAX_FILE_SIZE",
    "Discovery",
    "Integration",
    "IntegrationFolder",
    "Problem",
    "SourceFile",
    "decode_python",
    "discover",
    "integration_of",
    "is_home_assistant",
    "load_integration",
    "module_name",
    "python_encoding",
    "read_source",
    "source_from_text",
]
