"""Reports wrong use."""

import enum
import functools
import threading

from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import run_callback_threadsafe


class _Hass:
    """Holds the instance."""

    hass: HomeAssistant | None = None


_hass = _Hass()


class ReportBehavior(enum.Enum):
    """What a report does."""

    IGNORE = enum.auto()
    LOG = enum.auto()
    ERROR = enum.auto()


def report_usage(
    what: str,
    *,
    core_behavior: ReportBehavior = ReportBehavior.ERROR,
    core_integration_behavior: ReportBehavior = ReportBehavior.LOG,
    custom_integration_behavior: ReportBehavior = ReportBehavior.LOG,
) -> None:
    """Report wrong use; the report itself is made in the loop."""
    if (hass := _hass.hass) is None:
        raise RuntimeError("Frame helper not set up")
    _report_usage_partial = functools.partial(
        _report_usage,
        hass,
        what,
        core_behavior=core_behavior,
        core_integration_behavior=core_integration_behavior,
        custom_integration_behavior=custom_integration_behavior,
    )
    if hass.loop_thread_id != threading.get_ident():
        future = run_callback_threadsafe(hass.loop, _report_usage_partial)
        future.result()
        return
    _report_usage_partial()


def _report_usage(
    hass: HomeAssistant,
    what: str,
    *,
    core_behavior: ReportBehavior,
    core_integration_behavior: ReportBehavior,
    custom_integration_behavior: ReportBehavior,
) -> None:
    """Raise or say nothing."""
    if core_behavior is ReportBehavior.ERROR:
        raise RuntimeError(f"Detected code that {what}")


def report_non_thread_safe_operation(what: str) -> None:
    """Report a call from another thread than the loop's; always raises."""
    report_usage(
        f"calls {what} from a thread other than the event loop",
        core_behavior=ReportBehavior.ERROR,
        core_integration_behavior=ReportBehavior.ERROR,
        custom_integration_behavior=ReportBehavior.ERROR,
    )
