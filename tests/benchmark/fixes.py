"""Our preferred fixes beside those that the projects made."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.benchmark.rows import Verdict

REASONS = Path(__file__).with_name("better.toml")
# The kinds of bugs.jsonl, and those of ours (FixKind) that do the same.
SAME = {
    "callback": {"callback"},
    "swap": {"twin"},
    "wrap": {"hop"},
    "async": {"async"},
}
# The bug was not mended then and there: the code was moved with it, rewritten or taken out.
UNMENDED = {"moved", "removed"}


@cache
def reasons() -> dict[str, str]:
    """Return why a fix of ours is at least as good as the project's, by row."""
    return dict(tomllib.loads(REASONS.read_text(encoding="utf-8"))["rows"])


def judgement(verdict: Verdict) -> str:
    """Return "same", "better", "other", "none" (no fix) or "unfound" for a bug."""
    if not verdict.counts:
        return "unfound"
    if verdict.mend is None or not verdict.mend.kinds:
        return "none"
    kind = verdict.row.data["kind"]
    if kind not in UNMENDED and verdict.mend.kinds[0] in SAME.get(kind, ()):
        return "same"
    return "better" if verdict.row.id in reasons() else "other"


def summary(bugs: list[Verdict]) -> dict[str, int]:
    """Return the counts that decide."""
    judged = [judgement(verdict) for verdict in bugs]
    integrations = {
        (one.row.version, one.row.integration, one.row.needs_libraries): (*one.errors, *one.forward)
        for one in bugs
    }
    return {
        "bugs": len(bugs),
        "same": judged.count("same"),
        "better": judged.count("better"),
        "silent": sum(verdict.mend is not None and verdict.mend.silent for verdict in bugs),
        "errors": sum(counts[0] for counts in integrations.values()),
        "errors_with_fix": sum(counts[1] for counts in integrations.values()),
        "forward": sum(counts[2] for counts in integrations.values()),
        "forward_with_fix": sum(counts[3] for counts in integrations.values()),
    }


def table(bugs: list[Verdict]) -> Iterator[str]:
    """Yield a line for each bug: what the project did, what we prefer, how they compare."""
    yield "Preferred fixes beside the projects' own"
    for verdict in bugs:
        row, mend = verdict.row, verdict.mend
        said = judgement(verdict)
        ours = "; ".join(mend.titles) if mend is not None else ""
        yield f"  {row.id:<9} {said:<8} {row.data['kind']}: {row.data['fixed_code']}"
        if mend is not None:
            after = "silent afterwards" if mend.silent else f"still found: {mend.left}"
            yield f"      {'/'.join(mend.kinds) or 'no fix'}: {ours} ({after})"
        if said == "better":
            yield f"      better: {reasons()[row.id]}"
    counts = summary(bugs)
    good = counts["same"] + counts["better"]
    yield (
        f"{good} of {counts['bugs']} preferred fixes are of the project's kind ({counts['same']}) or better "
        f"({counts['better']}); after them {counts['silent']} rows are silent"
    )
    yield (
        f"{counts['errors_with_fix']} of {counts['errors']} forward findings of level error offer a fix, "
        f"{counts['forward_with_fix']} of {counts['forward']} with warnings"
    )
