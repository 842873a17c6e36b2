"""Signals between parts of an integration."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from homeassistant.core import HassJob, HassJobType, HomeAssistant, callback, get_hassjob_callable_job_type
from homeassistant.util.async_ import run_callback_threadsafe

DATA_DISPATCHER = "dispatcher"


def dispatcher_connect(hass: HomeAssistant, signal: str, target: Callable[..., None]) -> Callable[[], None]:
    """Connect a function to a signal; may be called from any thread but the loop's."""
    async_unsub = run_callback_threadsafe(hass.loop, async_dispatcher_connect, hass, signal, target).result()

    def remove_dispatcher() -> None:
        """Disconnect."""
        run_callback_threadsafe(hass.loop, async_unsub).result()

    return remove_dispatcher


@callback
def _async_remove_dispatcher(
    dispatchers: dict[str, dict[Callable[..., Any], Any]], signal: str, target: Callable[..., Any]
) -> None:
    """Disconnect."""
    try:
        del dispatchers[signal][target]
    except KeyError, ValueError:
        return


@callback
def async_dispatcher_connect(
    hass: HomeAssistant, signal: str, target: Callable[..., Any]
) -> Callable[[], None]:
    """Connect a function to a signal."""
    if DATA_DISPATCHER not in hass.data:
        hass.data[DATA_DISPATCHER] = defaultdict(dict)
    dispatchers = hass.data[DATA_DISPATCHER]
    dispatchers[signal][target] = None
    return partial(_async_remove_dispatcher, dispatchers, signal, target)


def dispatcher_send(hass: HomeAssistant, signal: str, *args: Any) -> None:
    """Send a signal; may be called from any thread."""
    hass.loop.call_soon_threadsafe(async_dispatcher_send_internal, hass, signal, *args)


def _generate_job(signal: str, target: Callable[..., Any]) -> HassJob[..., Any]:
    """Make the job of a connected function when it is first needed."""
    job_type = get_hassjob_callable_job_type(target)
    return HassJob(target, f"dispatcher {signal}", job_type=job_type)


@callback
def async_dispatcher_send(hass: HomeAssistant, signal: str, *args: Any) -> None:
    """Send a signal."""
    hass.verify_event_loop_thread("async_dispatcher_send")
    async_dispatcher_send_internal(hass, signal, *args)


@callback
def async_dispatcher_send_internal(hass: HomeAssistant, signal: str, *args: Any) -> None:
    """Send a signal, without the test."""
    if (dispatchers := hass.data.get(DATA_DISPATCHER)) is None:
        return
    if (target_list := dispatchers.get(signal)) is None:
        return

    for target, job in list(target_list.items()):
        if job is None:
            job = _generate_job(signal, target)  # noqa: PLW2901
            target_list[target] = job
        if job.job_type is HassJobType.Callback:
            job.target(*args)
        else:
            hass.async_run_hass_job(job, *args)
