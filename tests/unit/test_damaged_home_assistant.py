"""Half a Home Assistant, forks, guards of an unknown form: what can be derived is, and what is missing is said once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from offloop.catalog.derive import derive
from offloop.library.model import Catalog, Tier
from tests.mdtest.world import MINIHASS, minihass_catalog

FIRE = "homeassistant.core.EventBus.async_fire"
SEND = "homeassistant.helpers.dispatcher.async_dispatcher_send"


class Fork:
    """A copy of the stand-in that can be changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = root / "homeassistant"
        shutil.copytree(MINIHASS, root)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.package / file
        text = path.read_text("utf-8")
        assert old in text, (file, old)
        path.write_text(text.replace(old, new), "utf-8")

    def everywhere(self, old: str, new: str) -> None:
        for path in self.package.rglob("*.py"):
            path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    def derive(self, version: str = "2026.11.0") -> Catalog:
        return derive(self.root, version)


@pytest.fixture
def fork(tmp_path: Path) -> Fork:
    return Fork(tmp_path / "fork")


def tier(catalog: Catalog, name: str) -> Tier:
    return catalog.loop_apis[name].tier


def test_nothing_is_missing_in_a_whole_one() -> None:
    assert minihass_catalog().notices == ()


# -------------------------------------------------------------------- half of it
def test_files_that_are_missing(fork: Fork) -> None:
    (fork.package / "helpers" / "entity.py").unlink()
    (fork.package / "helpers" / "frame.py").unlink()
    shutil.rmtree(fork.package / "components" / "persistent_notification", ignore_errors=True)
    catalog = fork.derive()
    assert tier(catalog, FIRE) is Tier.RAISES
    assert "homeassistant.helpers.entity.Entity.async_write_ha_state" not in catalog.loop_apis
    missing, lost = catalog.notices
    assert "homeassistant.helpers.entity" in missing
    assert "not there" in missing
    assert (
        lost
        == "not found in this Home Assistant: homeassistant.helpers.entity.Entity, which calls the methods of entities"
    )


def test_a_file_that_cannot_be_parsed(fork: Fork) -> None:
    fork.edit("helpers/dispatcher.py", "def dispatcher_send(", "def def dispatcher_send(")
    catalog = fork.derive()
    assert tier(catalog, FIRE) is Tier.RAISES
    assert "homeassistant.helpers.event.async_call_later" in catalog.loop_apis
    (notice,) = catalog.notices
    assert notice.startswith(
        "1 file of Home Assistant can be understood in parts only: homeassistant/helpers/dispatcher.py:"
    )


def test_a_file_that_cannot_be_read(fork: Fork) -> None:
    (fork.package / "helpers" / "dispatcher.py").write_bytes(b"\xff\xfe\x00broken\x80")
    catalog = fork.derive()
    assert tier(catalog, FIRE) is Tier.RAISES
    assert len(catalog.notices) == 1
    assert "homeassistant/helpers/dispatcher.py" in catalog.notices[0]


@pytest.mark.parametrize(
    "path", sorted(path.relative_to(MINIHASS) for path in MINIHASS.rglob("helpers/*.py")), ids=str
)
def test_every_file_cut_in_the_middle(fork: Fork, path: Path) -> None:
    file = fork.root / path
    text = file.read_text("utf-8")
    file.write_text(text[: len(text) * 2 // 3], "utf-8")
    assert fork.derive().loop_apis


def test_the_core_is_empty(fork: Fork) -> None:
    (fork.package / "core.py").write_text("", "utf-8")
    notices = fork.derive().notices
    assert any(
        "homeassistant.core.callback, which marks the functions of the event loop" in one for one in notices
    )


def test_no_components(fork: Fork) -> None:
    shutil.rmtree(fork.package / "components")
    catalog = fork.derive()
    assert tier(catalog, FIRE) is Tier.RAISES


# -------------------------------------------------------------------- forks and other ages
def test_a_fork_with_other_helpers(fork: Fork) -> None:
    fork.everywhere("helpers.dispatcher", "helpers.signals")
    fork.everywhere("dispatcher_send", "signal_send")
    (fork.package / "helpers" / "dispatcher.py").rename(fork.package / "helpers" / "signals.py")
    catalog = fork.derive()
    sent = catalog.loop_apis["homeassistant.helpers.signals.async_signal_send"]
    assert sent.tier is Tier.RAISES
    assert sent.twin is not None
    assert sent.twin.name == "homeassistant.helpers.signals.signal_send"
    assert catalog.notices == ()


def test_a_release_before_all_that_were_looked_at(fork: Fork) -> None:
    catalog = fork.derive("2020.12.1")
    assert tier(catalog, FIRE) is Tier.RAISES
    (notice,) = catalog.notices
    assert (
        notice
        == "Home Assistant 2020.12.1 is older than 2021.1, the oldest release that offloop is tested with"
    )


def test_a_release_that_does_not_say_which(fork: Fork) -> None:
    assert fork.derive("unknown").notices == ()


# -------------------------------------------------------------------- guards of another form
def renamed_report(fork: Fork) -> None:
    fork.everywhere("report_non_thread_safe_operation", "complain_about_threads")


def another_condition(fork: Fork) -> None:
    fork.everywhere(
        "if self.hass.loop_thread_id != threading.get_ident():",
        "if not self.hass.loop_thread_id == threading.current_thread().ident:",
    )
    fork.everywhere(
        "if self._hass.loop_thread_id != threading.get_ident():",
        "if not (self._hass.loop_thread_id == threading.get_ident()):",
    )


def asked_of_a_function(fork: Fork) -> None:
    fork.edit(
        "core.py",
        "    def verify_event_loop_thread(self, what: str) -> None:",
        "    def in_loop(self) -> bool:\n"
        '        """Tell."""\n'
        "        return self.loop_thread_id == threading.get_ident()\n\n"
        "    def verify_event_loop_thread(self, what: str) -> None:",
    )
    fork.everywhere("if self.loop_thread_id != threading.get_ident():", "if not self.in_loop():")
    fork.everywhere("if self._hass.loop_thread_id != threading.get_ident():", "if not self._hass.in_loop():")


def asked_of_a_property(fork: Fork) -> None:
    asked_of_a_function(fork)
    fork.edit("core.py", "    def in_loop(self)", "    @property\n    def in_loop(self)")
    fork.everywhere(".in_loop():", ".in_loop:")


def through_another_function(fork: Fork) -> None:
    fork.edit(
        "core.py",
        "class HassJobType(",
        "def check_thread(hass: HomeAssistant, what: str) -> None:\n"
        '    """Raise off the loop."""\n'
        "    hass.verify_event_loop_thread(what)\n\n\n"
        "class HassJobType(",
    )
    fork.edit(
        "helpers/dispatcher.py",
        '    hass.verify_event_loop_thread("async_dispatcher_send")',
        '    check_thread(hass, "async_dispatcher_send")',
    )
    fork.edit(
        "helpers/dispatcher.py",
        "from homeassistant.core import ",
        "from homeassistant.core import check_thread, ",
    )


def the_loop_leaves_first(fork: Fork) -> None:
    fork.edit(
        "core.py",
        "        if self.loop_thread_id != threading.get_ident():\n"
        "            from .helpers import frame  # noqa: PLC0415\n\n"
        "            frame.report_non_thread_safe_operation(what)\n",
        "        if self.loop_thread_id == threading.get_ident():\n"
        "            return\n"
        '        raise RuntimeError(f"{what} from another thread")\n',
    )


@pytest.mark.parametrize(
    "change",
    [
        renamed_report,
        another_condition,
        asked_of_a_function,
        asked_of_a_property,
        through_another_function,
        the_loop_leaves_first,
    ],
    ids=lambda change: change.__name__,
)
def test_a_guard_of_another_form(fork: Fork, change: Callable[[Fork], None]) -> None:
    change(fork)
    catalog = fork.derive()
    for name in (FIRE, SEND):
        assert catalog.loop_apis[name].tier is Tier.RAISES, name
        assert catalog.loop_apis[name].reported_name == minihass_catalog().loop_apis[name].reported_name
    assert catalog.notices == ()


def test_one_guard_of_an_unknown_form(fork: Fork) -> None:
    fork.edit(
        "core.py",
        "        if self._hass.loop_thread_id != threading.get_ident():",
        "        if threading.get_ident() not in self._hass.owners:",
    )
    catalog = fork.derive()
    assert tier(catalog, SEND) is Tier.RAISES
    assert tier(catalog, FIRE) is Tier.CORRUPTS
    (notice,) = catalog.notices
    assert "checked in a way that offloop does not know" in notice
    assert "homeassistant/core.py:" in notice
    assert "(`async_fire`)" in notice


def test_all_guards_of_an_unknown_form(fork: Fork) -> None:
    fork.everywhere("loop_thread_id != threading.get_ident()", "watch.is_foreign()")
    catalog = fork.derive()
    assert tier(catalog, FIRE) is Tier.CORRUPTS
    (notice,) = catalog.notices
    assert notice.startswith(
        "no function that checks the thread was found, though Home Assistant has had them since 2024.5"
    )
    assert fork.derive("2024.4.4").notices == ()


def test_the_command_line_says_it_once(fork: Fork, tmp_path: Path) -> None:
    (fork.package / "helpers" / "frame.py").unlink()
    for name in ("one", "two"):
        folder = tmp_path / "custom_components" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(
            "def setup(hass, config):\n    hass.bus.async_fire('x')\n", "utf-8"
        )
        (folder / "manifest.json").write_text(f'{{"domain": "{name}"}}', "utf-8")
    command = [
        sys.executable,
        "-m",
        "offloop",
        "check",
        str(tmp_path),
        "--home-assistant",
        str(fork.root),
        "--no-cache",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("homeassistant.helpers.frame") == 1
    assert done.stdout.count("HAT101") >= 2
