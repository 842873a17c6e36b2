"""The command ``offloop``: the language server, or the command line for everything else."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_OLDEST = (3, 11)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 clean, 1 findings, 2 anything abnormal."""
    if sys.version_info < _OLDEST:
        # Installers refuse; who starts a checkout or a copied folder would see a traceback.
        found = ".".join(map(str, sys.version_info[:2]))
        wanted = ".".join(map(str, _OLDEST))
        sys.stderr.write(f"offloop needs Python {wanted} or newer; this is {found}, {sys.executable}\n")
        return 2
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments[:1] == ["server"]:
        # The protocol's libraries are heavy, and only the server may know them. They are loaded with collections:
        # each class of the protocol is made twice, and what is thrown away takes 9 MB.
        from offloop.lsp.server import main as serve  # noqa: PLC0415

        return serve(arguments[1:])
    from offloop.cli.main import main as run  # noqa: PLC0415

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
