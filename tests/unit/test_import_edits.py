"""Edits of imports where the text is not what it should be."""

from __future__ import annotations

import pytest

from offloop.facts.extract import extract
from offloop.facts.tree import Import
from offloop.rules.edits import drop_import, import_name, replace_import
from offloop.text import apply_edits

HALF_TYPED = "from homeassistant.core imporfrom homeassistant.const import Platform\n"


def test_a_half_typed_import_is_passed_by() -> None:
    facts = extract(HALF_TYPED)
    (edit, *others) = import_name(HALF_TYPED, facts, "homeassistant.core", "callback")
    assert not others
    assert "from homeassistant.core import callback" in edit.content.splitlines()


def test_a_half_typed_import_is_neither_dropped_nor_replaced() -> None:
    facts = extract(HALF_TYPED)
    statement = next(one for one in facts.body if isinstance(one, Import))
    assert drop_import(HALF_TYPED, statement) is None
    (edit,) = replace_import(HALF_TYPED, facts, statement, "callback")
    assert edit.start == edit.end


@pytest.mark.parametrize("module", ["importer", "my.import_names"])
def test_a_module_named_like_the_keyword(module: str) -> None:
    text = f"from {module} import one\n"
    edits = import_name(text, extract(text), module, "two")
    assert apply_edits(text, edits) == f"from {module} import one, two\n"
