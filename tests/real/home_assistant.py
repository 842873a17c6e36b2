"""A Home Assistant that runs: ``python -m tests.real.home_assistant`` installs it, ``run_in_core`` starts it.

It lives in a virtual environment of its own below OFFLOOP_REAL_HA (else the checkout's cache), with Python
3.13. Tests never install anything: without the environment they are skipped, with the command that makes it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
VERSION = "2025.4.4"
PYTHON = "3.13"
# What their requirements are installed for: the base components whose modules import libraries.
COMPONENTS = (
    "assist_pipeline",
    "backup",
    "camera",
    "cloud",
    "conversation",
    "frontend",
    "group",
    "hassio",
    "homeassistant_hardware",
    "http",
    "image_upload",
    "logbook",
    "mqtt",
    "recorder",
    "script",
    "stream",
    "tag",
    "tts",
)
_READY = "offloop-ready.txt"
_INSTALL_SECONDS = 900


class NoHomeAssistantError(Exception):
    """There is no environment with a running Home Assistant; the message says why and what makes one."""


def environment() -> Path:
    """Return the folder of the virtual environment, whether it is there or not."""
    folder = os.environ.get("OFFLOOP_REAL_HA")
    return (Path(folder) if folder else CHECKOUT / ".cache" / "real-ha").absolute() / f"ha-{VERSION}"


def interpreter() -> Path:
    """Return the interpreter of the environment; raises NoHomeAssistantError."""
    if not (environment() / _READY).is_file():
        raise NoHomeAssistantError(
            f"no running Home Assistant {VERSION}: python -m tests.real.home_assistant installs it"
        )
    return _executable(environment())


def run_in_core(file: str, payload: object = None, *, seconds: float = 300) -> Any:
    """Start a Home Assistant, let the module in ``file`` drive it, and return what its ``drive`` returns.

    The module, below the checkout, is imported by the other interpreter, where offloop is not installed (pytest
    is: it may be a test module that passes its own ``__file__``). It has
    ``async def drive(hass, payload)`` and may have ``CONFIG`` (the configuration beside the core's own) and
    ``prepare(folder, payload)``, called with the configuration folder before the start. Payload and result
    are JSON. Raises NoHomeAssistantError, or RuntimeError with what it printed where it fails.
    """
    python = interpreter()
    module = ".".join(Path(file).resolve().relative_to(CHECKOUT.resolve()).with_suffix("").parts)
    with tempfile.TemporaryDirectory(prefix="offloop-ha-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        (work / "payload.json").write_text(json.dumps(payload), encoding="utf-8")
        command = [str(python), "-m", "tests.real.running_core", module, str(work)]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        try:
            done = subprocess.run(
                command,
                cwd=CHECKOUT,
                env={**environ, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"{module} took more than {seconds} s") from error
        result = work / "result.json"
        if done.returncode or not result.is_file():
            raise RuntimeError(
                f"{module} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-6000:]}"
            )
        return json.loads(result.read_text(encoding="utf-8"))


# -------------------------------------------------------------------- installing
def install() -> Path:
    """Make the environment unless it is there; raises NoHomeAssistantError."""
    folder = environment()
    ready = folder / _READY
    wanted = "\n".join((VERSION, "pytest", *COMPONENTS))
    if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
        return _executable(folder)
    if not ready.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _run([str(_python()), "-m", "venv", str(folder)])
    ready.unlink(missing_ok=True)
    python = str(_executable(folder))
    # An installer that compiles and downloads in parallel: a third of the time.
    _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"])
    installer = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    _run([*installer, f"homeassistant=={VERSION}", "pytest"])  # drivers are test modules, which import it
    package = next(folder.glob("lib*/python*/site-packages/homeassistant"))
    constraints = ["--constraint", str(package / "package_constraints.txt")]
    requirements = sorted(_requirements(package / "components"))
    try:
        _run([*installer, *constraints, *requirements])
    except NoHomeAssistantError:
        for requirement in requirements:  # one that cannot be built here must not stop the others
            try:
                _run([*installer, *constraints, requirement])
            except NoHomeAssistantError as error:
                print(f"without {requirement}: {error}", file=sys.stderr)
    ready.write_text(wanted, encoding="utf-8")
    return Path(python)


def _requirements(components: Path) -> Iterator[str]:
    """Yield what the components and those that they depend on require."""
    todo, done = list(COMPONENTS), set[str]()
    while todo:
        name = todo.pop()
        manifest = components / name / "manifest.json"
        if name in done or not manifest.is_file():
            continue
        done.add(name)
        described = json.loads(manifest.read_text(encoding="utf-8"))
        yield from described.get("requirements", ())
        todo += [*described.get("dependencies", ()), *described.get("after_dependencies", ())]


def _python() -> Path:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [sys.executable, shutil.which(f"python{PYTHON}")]
    candidates += sorted(str(path) for path in pyenv.glob(f"{PYTHON}*/bin/python"))
    for candidate in candidates:
        if candidate is not None:
            ask = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
            answer = subprocess.run([candidate, "-c", ask], capture_output=True, text=True, check=False)
            if answer.stdout.strip() == PYTHON:
                return Path(candidate)
    raise NoHomeAssistantError(f"Home Assistant {VERSION} needs Python {PYTHON}, which is not here")


def _executable(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_INSTALL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoHomeAssistantError(str(error)) from error
    if done.returncode:
        said = re.sub(r"\s+", " ", f"{done.stdout} {done.stderr}").strip()
        raise NoHomeAssistantError(f"{' '.join(command[1:5])} failed: {said[-600:]}")


def main() -> int:
    """Install; print the interpreter, or why there is none."""
    try:
        print(f"Home Assistant {VERSION}: {install()}")
    except NoHomeAssistantError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
