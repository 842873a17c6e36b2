"""What is said of functions of one component of Home Assistant that another one imports."""

from __future__ import annotations

from offloop.config import Settings
from offloop.project import Project
from offloop.source import discover, load_integration
from tests.mdtest.world import MINIHASS, minihass_catalog


def test_a_function_that_another_component_imports_has_callers_nobody_sees() -> None:
    folder = discover([MINIHASS / "homeassistant" / "components" / "kitchen"]).folders[0]
    result = Project(minihass_catalog(), Settings()).check(load_integration(folder))
    found = {
        function.function: function for function in result.functions if function.path.endswith("oven.py")
    }
    assert {name: function.context for name, function in found.items()} == {
        "heat": "unknown",  # the loop calls it, and so may the garage, who knows where
        "warm": "both",
        "clean": "loop",
        "_later": "worker",
        "async_bake": "loop",
    }
    last = found["heat"].trace[-1]
    assert last.path == "homeassistant/components/garage/__init__.py"
    assert "imports it or what calls it" in last.message
