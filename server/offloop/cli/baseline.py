"""Known findings that are not reported again: a file of counts by place, which only shrinks by itself."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from offloop.cli.report import shown_path
from offloop.cli.write import replace_file

if TYPE_CHECKING:
    from offloop.rules.rule import Diagnostic

DEFAULT_NAME = "offloop-baseline.json"
_FORMAT = 1


class Key(NamedTuple):
    """What makes two findings the same: no line, so that edits elsewhere in a file do not matter."""

    path: str
    code: str
    function: str
    api: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known findings of a baseline file; paths are relative to ``folder``."""

    folder: str
    counts: Mapping[Key, int] = field(default_factory=dict)

    def new(self, findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Return the findings that are not known; of too many equal ones the last in the file."""
        left = Counter(self.counts)
        new = []
        for finding in sorted(findings, key=lambda one: (one.path, one.span)):
            key = self.key(finding)
            if left[key] > 0:
                left[key] -= 1
            else:
                new.append(finding)
        return tuple(new)

    def key(self, finding: Diagnostic) -> Key:
        """Return what a finding is known by."""
        path = shown_path(finding.path, self.folder)
        return Key(path, finding.code, finding.function or "", finding.api)

    def shrunk(self, findings: Iterable[Diagnostic], checked: Collection[str]) -> Baseline:
        """Return the baseline without what is mended: in the checked files, or in files that are gone."""
        now = Counter(self.key(finding) for finding in findings)
        shown = {shown_path(path, self.folder) for path in checked}
        counts = {}
        for key, count in self.counts.items():
            left = count
            if key.path in shown:
                left = min(count, now[key])
            elif not (Path(self.folder) / key.path).exists():
                left = 0
            if left:
                counts[key] = left
        return Baseline(self.folder, counts)


def baseline_of(findings: Iterable[Diagnostic], file: Path) -> Baseline:
    """Return the baseline that knows exactly these findings."""
    empty = Baseline(_folder(file))
    return Baseline(empty.folder, Counter(empty.key(finding) for finding in findings))


def read_baseline(file: Path) -> Baseline:
    """Read a baseline file; raises OSError, or ValueError where it is none."""
    content = json.loads(file.read_bytes())
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ValueError("it is no baseline of this version of offloop")
    try:
        counts = {
            Key(one["path"], one["code"], one["function"], one["api"]): int(one["count"])
            for one in content["findings"]
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"it is damaged ({error!r})") from error
    return Baseline(_folder(file), counts)


def write_baseline(baseline: Baseline, file: Path) -> None:
    """Write a baseline file; raises OSError."""
    findings = [{**key._asdict(), "count": count} for key, count in sorted(baseline.counts.items())]
    text = json.dumps({"format": _FORMAT, "findings": findings}, indent=1, ensure_ascii=False)
    replace_file(file, (text + "\n").encode())


def _folder(file: Path) -> str:
    return os.path.abspath(file.parent)  # noqa: PTH100 - findings' paths are not resolved either
