"""All rules, in the order of their codes."""

from __future__ import annotations

from offloop.rules import (
    asyncio_api_in_worker,
    loop_api_in_worker,
    loop_function_in_worker,
    mixed_context,
    unguarded_loop_api_in_worker,
    unsubscribe_in_worker,
    unused_suppression,
)
from offloop.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    loop_api_in_worker.RULE,
    unguarded_loop_api_in_worker.RULE,
    asyncio_api_in_worker.RULE,
    loop_function_in_worker.RULE,
    unsubscribe_in_worker.RULE,
    mixed_context.RULE,
    unused_suppression.RULE,
)
