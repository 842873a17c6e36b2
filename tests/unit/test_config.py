"""Settings from TOML files and language clients."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from offloop.config import OPTIONS, Settings, load_settings, load_settings_file, settings_from_mapping
from offloop.project import Project
from offloop.rules.rule import Rule, Severity
from offloop.source import Integration
from tests.mdtest.world import PACKAGE, ROOT, minihass_catalog, source_file

GUARDED = Rule("HAT101", "loop-api-in-worker", "", Severity.ERROR, lambda _: iter(()))
HOP = Rule("HAT402", "needless-hop", "", Severity.OFF, lambda _: iter(()))


def severity(rule: Rule, **options: object) -> Severity:
    settings, messages = settings_from_mapping(options, Path("/"))
    assert not messages
    return settings.severity_of(rule)


def test_one_table_has_all_options() -> None:
    assert {option.field for option in OPTIONS} == {field.name for field in fields(Settings)}
    assert all(getattr(Settings(), option.field) == option.default for option in OPTIONS)


def test_both_spellings_of_keys(tmp_path: Path) -> None:
    kebab, first = settings_from_mapping(
        {"extend-select": ["HAT4"], "diagnostic-mode": "workspace"}, tmp_path
    )
    camel, second = settings_from_mapping({"extendSelect": ["HAT4"], "diagnosticMode": "workspace"}, tmp_path)
    assert kebab == camel
    assert kebab.extend_select == ("HAT4",)
    assert first == second == []


def test_wrong_values_give_messages_and_keep_the_rest(tmp_path: Path) -> None:
    mapping = {
        "jedi": "yes",
        "select": [1],
        "severity": {"HAT101": "fatal"},
        "max-file-size": True,
        "log_level": "info",
        "home-assistant": 7,
        3: 4,
        "ignore": ["HAT1"],
    }
    settings, messages = settings_from_mapping(mapping, tmp_path)
    assert settings == Settings(ignore=("HAT1",))
    assert messages == [
        "setting `jedi`: expected true or false, found a string",
        "setting `select`: expected a list of strings, found a list",
        "setting `severity`: expected one of error, warning, info, hint, off; found 'fatal'",
        "setting `max-file-size`: expected a whole number above 0, found a boolean",
        "unknown setting `log_level` (did you mean `log-level`?)",
        "setting `home-assistant`: expected a string, found a number",
        "unknown setting `3`",
    ]


@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_no_table_at_all(value: object, tmp_path: Path) -> None:
    settings, messages = settings_from_mapping(value, tmp_path)
    assert settings == Settings()
    assert len(messages) == 1


def test_null_means_not_set(tmp_path: Path) -> None:
    onto = Settings(python="/venv")
    assert settings_from_mapping({"python": None, "homeAssistant": ""}, tmp_path, onto) == (onto, [])


def test_paths_are_relative_to_the_file_and_versions_stay(tmp_path: Path) -> None:
    settings, _ = settings_from_mapping({"python": ".venv", "home-assistant": "2026.11.0"}, tmp_path)
    assert settings.python == str(tmp_path / ".venv")
    assert settings.home_assistant == "2026.11.0"
    assert settings_from_mapping({"home-assistant": "../core"}, tmp_path)[0].home_assistant == str(
        tmp_path.parent / "core"
    )


# ------------------------------------------------------------------ severities
def test_selectors() -> None:
    assert severity(GUARDED) is Severity.ERROR
    assert severity(GUARDED, select=["HAT2"]) is Severity.OFF
    assert severity(GUARDED, select=["hat1"]) is Severity.ERROR
    assert severity(GUARDED, select=["loop-api-in-worker"]) is Severity.ERROR
    assert severity(GUARDED, select=["ALL"]) is Severity.ERROR
    assert severity(GUARDED, select=["HAT2"], **{"extend-select": ["HAT101"]}) is Severity.ERROR
    assert severity(GUARDED, ignore=["HAT"]) is Severity.OFF
    assert severity(GUARDED, select=["loop"]) is Severity.OFF


def test_the_longer_match_counts() -> None:
    assert severity(GUARDED, select=["HAT101"], ignore=["HAT1"]) is Severity.ERROR
    assert severity(GUARDED, select=["HAT1"], ignore=["HAT101"]) is Severity.OFF
    assert severity(GUARDED, select=["HAT1"], ignore=["HAT1"]) is Severity.OFF
    assert severity(GUARDED, select=["ALL"], ignore=["HAT1"]) is Severity.OFF


def test_severities_by_code_and_name() -> None:
    assert severity(GUARDED, severity={"HAT101": "hint"}) is Severity.HINT
    assert severity(GUARDED, severity={"loop-api-in-worker": "off"}) is Severity.OFF
    assert severity(GUARDED, severity={"HAT1": "off"}) is Severity.ERROR


def test_rules_that_are_off() -> None:
    assert severity(HOP) is Severity.OFF
    assert severity(HOP, select=["HAT"]) is Severity.OFF
    assert severity(HOP, **{"extend-select": ["needless-hop"]}) is Severity.WARNING
    assert severity(HOP, severity={"HAT402": "info"}) is Severity.INFO


# ------------------------------------------------------------------ exclusion
@pytest.mark.parametrize(
    ("pattern", "path", "is_excluded"),
    [
        ("vendor", "/p/a/vendor/b.py", True),
        ("vendor", "/p/a/vendored/b.py", False),
        ("*_pb2.py", "/p/a/x_pb2.py", True),
        ("a/b.py", "/p/a/b.py", True),
        ("a/b.py", "/p/c/a/b.py", False),
        ("./a", "/p/a/b.py", True),
        ("a/*.py", "/p/a/b/c.py", False),
        ("a/**/c.py", "/p/a/b/x/c.py", True),
        ("a/**/c.py", "/p/a/c.py", True),
        ("**/gen/*", "/p/x/gen/y.py", True),
        ("x[!0-9].py", "/p/x1.py", False),
        ("x[!0-9].py", "/p/xa.py", True),
        ("[z-a]", "/p/xa.py", False),
    ],
)
def test_exclusion(pattern: str, path: str, is_excluded: bool) -> None:
    settings, _ = settings_from_mapping({"exclude": [pattern]}, Path("/p"))
    assert settings.excludes(path) is is_excluded


def test_folder_with_glob_characters() -> None:
    settings, _ = settings_from_mapping({"exclude": ["a/b.py"]}, Path("/p[1]"))
    assert settings.excludes("/p[1]/a/b.py")


# ------------------------------------------------------------------ files
def test_nearest_file_that_names_us_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.offloop]\nignore = ["HAT102"]\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.ruff]\n")
    loaded = load_settings(inner)
    assert loaded.settings.ignore == ("HAT102",)
    assert loaded.file == tmp_path / "pyproject.toml"
    (inner / "offloop.toml").write_text('jedi = false\nselcet = ["x"]\n')
    loaded = load_settings(inner)
    assert loaded.settings == Settings(jedi=False)
    assert loaded.messages == (f"{inner / 'offloop.toml'}: unknown setting `selcet`",)


def test_foreign_broken_file_is_passed_by(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.offloop\n")
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings()
    assert not loaded.broken
    assert len(loaded.messages) == 1


def test_broken_file_of_ours(tmp_path: Path) -> None:
    (tmp_path / "offloop.toml").write_bytes(b"\xff\xfe")
    assert load_settings(tmp_path).broken
    assert load_settings_file(tmp_path / "none.toml").broken


CALLS_A_CALLBACK = """\
from homeassistant.core import callback
from homeassistant.helpers.event import async_call_later


def setup(hass, config):
    start(hass)
    return True


@callback
def start(hass):
    async_call_later(hass, 5, start)
"""


def test_a_chosen_severity_holds_for_all_findings_of_a_rule() -> None:
    file = source_file("__init__.py", CALLS_A_CALLBACK)
    found = []
    for settings in (Settings(), Settings(severity=(("HAT104", "error"),))):
        project = Project(minihass_catalog(), settings)
        (one,) = project.check(Integration("demo", PACKAGE, ROOT, (file,))).diagnostics
        found.append((one.code, one.severity.value))
    assert found == [("HAT104", "warning"), ("HAT104", "error")]
