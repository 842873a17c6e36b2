"""Start offloop from the libraries beside this file, or say whether this Python can.

    start_server.py probe  [--environment]    prints one JSON object, see probe() below
    start_server.py server [--environment]    serves the Language Server Protocol on stdin and stdout

With --environment, offloop and its libraries are those of the running Python, where it has them.
Written in the words that every Python understands: an old one has to be able to say how old it is.
"""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Pure Python for all, and the parser, which is compiled: packages for one platform bring it.
LIBRARIES = (os.path.join(HERE, "libs"), os.path.join(HERE, "native"))
MINIMUM = (3, 11)


def choose_path(prefer_environment):
    """Put our libraries first on the import path, and nothing of the current folder on it."""
    own = [folder for folder in LIBRARIES if os.path.isdir(folder)]
    others = [entry for entry in sys.path if entry and os.path.abspath(entry) != HERE]
    sys.path[:] = others + own if prefer_environment else own + others


def probe(prefer_environment):
    """Return what the extension wants to know of this Python.

    "problem" is null, or "old", "parser" (it cannot be imported) or "broken" (the server cannot be imported);
    "detail" says more, "version" and "executable" describe the Python.
    """
    found = {
        "version": list(sys.version_info[:3]),
        "executable": sys.executable,
        "problem": None,
        "detail": "",
        "offloop": None,
    }
    if sys.version_info[:2] < MINIMUM:
        found["problem"] = "old"
        return found
    choose_path(prefer_environment)
    try:
        import ast_serialize
    except Exception as error:
        found["problem"] = "parser"
        found["detail"] = "%s: %s" % (type(error).__name__, error)
        return found
    found["parser"] = os.path.dirname(os.path.abspath(ast_serialize.__file__))
    try:
        import offloop.lsp.server
        import offloop.project
    except Exception as error:
        found["problem"] = "broken"
        found["detail"] = "%s: %s" % (type(error).__name__, error)
        return found
    found["offloop"] = os.path.dirname(os.path.abspath(offloop.__file__))
    return found


def main(arguments):
    """Run one command and return the exit code."""
    prefer_environment = "--environment" in arguments
    if arguments[:1] == ["probe"]:
        sys.stdout.write(json.dumps(probe(prefer_environment)) + "\n")
        return 0
    choose_path(prefer_environment)
    from offloop.lsp.server import main as serve

    return serve([])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
