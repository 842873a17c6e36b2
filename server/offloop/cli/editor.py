"""``offloop editor``: the files that bring offloop into editors, as they lie in this package."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path, PurePath

FILES = {
    "nvim": "lsp/offloop.lua",
    "helix": "languages.toml",
    "emacs": "offloop.el",
    "sublime": "LSP.sublime-settings",
    "zed": "settings.json",
    "kate": "settings.json",
}
"""The editors that we have a file for, and that file in the editor's folder."""
_FOLDER = Path(__file__).parents[1] / "editors"
_NEOVIM = """\
-- offloop in Neovim 0.11 or newer: put these two lines into your init.lua, then see :checkhealth offloop
vim.opt.runtimepath:append({path})
vim.lsp.enable("offloop")
"""


def editor(options: argparse.Namespace) -> int:
    """Print what to put into an editor's configuration, or where our file or folder for it lies."""
    folder = _FOLDER / options.editor
    if options.editor == "nvim":
        # The file is not to be copied: Neovim finds it, and :checkhealth, by the folder.
        shown, text = folder, _NEOVIM.format(path=_lua_string(folder))
    else:
        shown = folder / FILES[options.editor]
        text = shown.read_text(encoding="utf-8")
    sys.stdout.write(f"{shown}\n" if options.path else text)
    return 0


def _lua_string(path: PurePath) -> str:
    """Write a path as a Lua string that Neovim takes as one entry of a list separated by commas."""
    return json.dumps(path.as_posix().replace(",", "\\,"), ensure_ascii=False)
