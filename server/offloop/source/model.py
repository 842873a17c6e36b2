"""Texts, the folders that they come from, and what is wrong with either."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple

from offloop.text import digest


class SourceFile(NamedTuple):
    """One Python text.

    ``path`` is absolute, ``module`` its dotted name ("custom_components.x.switch"; a package's
    ``__init__.py`` has the package's name and ``is_package``).
    """

    path: str
    module: str
    is_package: bool
    text: str

    @property
    def digest(self) -> str:
        """Hexadecimal digits that identify the text."""
        return digest(self.text)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a file or folder that the user should know: unreadable, not Python, too large.

    ``internal`` marks a fault of offloop itself; it makes the command end as abnormal.
    """

    path: str
    message: str
    internal: bool = False


class Integration(NamedTuple):
    """The files that are analysed together: one integration, or a folder of plain Python files.

    ``package`` is the dotted name that its files share ("custom_components.x",
    "homeassistant.components.x"); ``root`` the absolute folder. ``requirements`` are those of its manifest.
    """

    name: str
    package: str
    root: str
    files: tuple[SourceFile, ...]
    problems: tuple[Problem, ...] = ()
    requirements: tuple[str, ...] = ()

    @property
    def import_folders(self) -> tuple[str, ...]:
        """The folders from which its modules have the names that they have."""
        for file in self.files[:1]:
            parents = PurePath(file.path).parents
            above = file.module.count(".") + (1 if file.is_package else 0)
            if above < len(parents):
                return (str(parents[above]),)
        return ()


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
