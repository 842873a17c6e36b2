"""A running Neovim with the configuration that ``offloop editor nvim`` prints, driven from outside.

It has its own main loop as when a user sits before it: keys are typed through its socket, Lua is evaluated in it.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from offloop.catalog.load import cache_folder
from tests.lsp.real_parts import neovim
from tests.lsp.wire import PATIENCE, REAL, environment

_WAIT = "assert(vim.wait(%d, function() return %s end, 20), %s .. vim.inspect({ places(), said }))"
_RECORD = """
vim.o.swapfile = false
said = {}
local notify = vim.notify
vim.notify = function(text, ...) table.insert(said, text) return notify(text, ...) end
function offloop() return vim.lsp.get_clients({ bufnr = 0, name = "offloop" })[1] end
function codes(bufnr)
  local found = vim.tbl_map(function(one) return { one.code, one.lnum } end, vim.diagnostic.get(bufnr or 0))
  table.sort(found, function(a, b) return a[2] < b[2] end)
  return found
end
function is_found(code)
  return vim.iter(vim.diagnostic.get(0)):any(function(one) return one.code == code end)
end
function places()
  local found = vim.tbl_map(function(one)
    local line = vim.api.nvim_buf_get_lines(0, one.lnum, one.lnum + 1, false)[1] or ""
    return { one.lnum, vim.str_utfindex(line, "utf-32", one.col), one.code }
  end, vim.diagnostic.get(0))
  table.sort(found, function(a, b)
    for index = 1, 3 do
      if a[index] ~= b[index] then return a[index] < b[index] end
    end
    return false
  end)
  return found
end
function text(bufnr) return table.concat(vim.api.nvim_buf_get_lines(bufnr or 0, 0, -1, false), "\\n") end
"""


class Neovim:
    """One Neovim process."""

    def __init__(
        self, process: subprocess.Popen[str], socket: Path, folder: Path, variables: dict[str, str]
    ) -> None:
        self.process = process
        self.folder = folder
        self._socket = socket
        self._variables = variables

    def lua(self, code: str) -> Any:
        """Run Lua in the editor and return what it returns."""
        script = self.folder / "asked.lua"
        script.write_text(
            f"local ok, result = pcall(function()\n{textwrap.dedent(code)}\nend)\n"
            "return vim.json.encode({ ok = ok, result = result == nil and vim.NIL or result })",
            encoding="utf-8",
        )
        answer = json.loads(self._remote("--remote-expr", f"luaeval('dofile(_A)', '{script}')"))
        assert answer["ok"], answer["result"]
        return answer["result"]

    def type(self, keys: str) -> None:
        """Type keys, special ones in Vim's notation."""
        self._remote("--remote-send", keys)

    def wait(self, condition: str) -> None:
        """Wait for a Lua expression to hold."""
        told = json.dumps(f"waited in vain for {condition}, there are ")
        waiting = _WAIT % (PATIENCE * 1000, condition, told)
        try:
            self.lua(waiting)
        except AssertionError as error:
            # Neovim 0.11 trips over positions of another server that its own text has left behind already.
            if "index out of range" not in str(error):
                raise
            self.lua(waiting)

    def edit(self, path: Path) -> None:
        """Open a file as :edit does."""
        self.lua(f"vim.cmd.edit(vim.fn.fnameescape({json.dumps(str(path), ensure_ascii=False)}))")

    def attached(self) -> None:
        """Wait until the server serves the current buffer."""
        self.wait("offloop() ~= nil and offloop().initialized")

    def found(self, *expected: tuple[str, int]) -> None:
        """Wait for exactly these findings in the current buffer: codes and 0-based lines."""
        wanted = json.dumps(expected).replace("[", "{").replace("]", "}")
        self.wait(f"vim.deep_equal(codes(), {wanted})")

    def servers(self) -> list[int]:
        """The process ids of all servers that were started, oldest first."""
        starts = self.folder / "starts"
        return [int(line) for line in starts.read_text().splitlines()] if starts.exists() else []

    def said(self) -> list[str]:
        """What the user was told."""
        return list(self.lua("return said"))

    def log(self) -> str:
        """What Neovim has logged of language servers."""
        files = list((self.folder / "state").rglob("lsp.log"))
        return "".join(file.read_text(encoding="utf-8") for file in files)

    def _remote(self, *arguments: str) -> str:
        assert self.process.poll() is None, "Neovim has ended"
        done = subprocess.run(
            [_editor(), "--server", str(self._socket), *arguments],
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE,
            check=False,
            env=self._variables,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout or done.stderr


@contextmanager
def running(
    command: list[str] | None = REAL,
    settings: Mapping[str, object] | None = None,
    cwd: Path | None = None,
    init: str = "",
) -> Iterator[Neovim]:
    """Run a Neovim whose ``offloop`` on the PATH is a command; None: there is none.

    ``init`` is Lua for the user's init.lua, before the lines that ``offloop editor nvim`` prints.
    """
    # A short path: sockets' names are limited.
    folder = Path(tempfile.mkdtemp(prefix="nvim"))
    try:
        variables = _installed(folder, command)
        config = folder / "config" / "nvim" / "init.lua"
        config.parent.mkdir(parents=True)
        lines = [_RECORD, init, printed()]
        if settings:
            encoded = json.dumps({"settings": {"offloop": settings}}, ensure_ascii=False)
            lines.append(f"vim.lsp.config('offloop', vim.json.decode([==[{encoded}]==]))")
        config.write_text("\n".join(lines), encoding="utf-8")
        socket = folder / "socket"
        process = subprocess.Popen(
            [_editor(), "--headless", "--listen", str(socket)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd or folder,
            env=variables,
        )
        try:
            _wait_for(socket, process)
            yield Neovim(process, socket, folder, variables)
        finally:
            process.kill()
            process.communicate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def printed(*arguments: str) -> str:
    """What ``offloop editor nvim`` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "offloop", "editor", "nvim", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        env=environment(),
        encoding="utf-8",
    )
    return done.stdout


def _installed(folder: Path, command: list[str] | None) -> dict[str, str]:
    """Lay out a user's machine: folders of Neovim's, and a PATH with the command, which notes that it was started."""
    programs = folder / "bin"
    programs.mkdir()
    if command is not None:
        plain = shlex.join([sys.executable, "-m", "offloop"])
        noted = shlex.quote(str(folder / "starts"))
        script = f'#!/bin/sh\n[ "$1" = server ] || exec {plain} "$@"\necho $$ >> {noted}\nexec {shlex.join(command)}\n'
        (programs / "offloop").write_text(script)
        (programs / "offloop").chmod(0o755)
    # The user's own cache of catalogs stays.
    cache = os.environ.get("OFFLOOP_CACHE_DIR") or str(cache_folder())
    homes = {f"XDG_{name.upper()}_HOME": str(folder / name) for name in ("config", "data", "state", "cache")}
    path = f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin"
    log = str(folder / "nvim.log")
    return environment(**homes, PATH=path, HOME=str(folder), NVIM_LOG_FILE=log, OFFLOOP_CACHE_DIR=cache)


def _wait_for(socket: Path, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not socket.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "Neovim does not listen"
        time.sleep(0.02)


def _editor() -> str:
    found = neovim()
    assert found is not None
    return found
