"""``offloop explain`` and ``offloop rules``: what the rules are."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from typing import TYPE_CHECKING

from offloop.cli.engine import Engine
from offloop.cli.prepare import AbortError

if TYPE_CHECKING:
    from offloop.rules.rule import Rule


def explain(options: argparse.Namespace, engine: Engine) -> int:
    """Print the document of a rule; raises AbortError where there is no such rule."""
    sys.stdout.write(_find(options.rule, engine.rules()).document())
    return 0


def list_rules(options: argparse.Namespace, engine: Engine) -> int:
    """Print all rules with their default severities."""
    rules = engine.rules()
    if options.output_format == "json":
        objects = [
            {
                "code": rule.code,
                "name": rule.name,
                "severity": rule.severity.value,
                "summary": rule.summary,
                "url": rule.url,
            }
            for rule in rules
        ]
        sys.stdout.write(json.dumps(objects, indent=1) + "\n")
        return 0
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        sys.stdout.write(f"{rule.code}  {rule.name:<{width}}  {rule.severity.value:<7}  {rule.summary}\n")
    return 0


def _find(wanted: str, rules: tuple[Rule, ...]) -> Rule:
    for rule in rules:
        if wanted.upper() == rule.code or wanted.lower().replace("_", "-") == rule.name:
            return rule
    known = [text for rule in rules for text in (rule.code, rule.name)]
    near = difflib.get_close_matches(wanted, known, 1) or difflib.get_close_matches(wanted.upper(), known, 1)
    hint = f"; did you mean {near[0]}?" if near else " (offloop rules lists them all)"
    raise AbortError(f"there is no rule {wanted}{hint}")
