"""Listeners for time and states."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any, Concatenate

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HassJobType, HomeAssistant, callback
from homeassistant.util.async_ import run_callback_threadsafe


def threaded_listener_factory[**_P](
    async_factory: Callable[Concatenate[HomeAssistant, _P], Any],
) -> Callable[Concatenate[HomeAssistant, _P], CALLBACK_TYPE]:
    """Make the twin for other threads."""

    @wraps(async_factory)
    def factory(hass: HomeAssistant, *args: _P.args, **kwargs: _P.kwargs) -> CALLBACK_TYPE:
        """Register in the loop and wait."""
        async_remove = run_callback_threadsafe(
            hass.loop, partial(async_factory, hass, *args, **kwargs)
        ).result()

        def remove() -> None:
            """Remove in the loop and wait."""
            run_callback_threadsafe(hass.loop, async_remove).result()

        return remove

    return factory


def async_track_state_change_event(
    hass: HomeAssistant,
    entity_ids: str | Iterable[str],
    action: Callable[[Event[Any]], Any],
    job_type: HassJobType | None = None,
) -> CALLBACK_TYPE:
    """Run an action when one of the states changes."""
    return _async_track_event(hass, entity_ids, action, job_type)


@callback
def _async_track_event(
    hass: HomeAssistant,
    entity_ids: str | Iterable[str],
    action: Callable[[Event[Any]], Any],
    job_type: HassJobType | None,
) -> CALLBACK_TYPE:
    """Keep one job per entity."""
    job = HassJob(action, f"track state changed {entity_ids}", job_type=job_type)
    callbacks = hass.data.setdefault("track_state_change", {})
    callbacks.setdefault(entity_ids, []).append(job)
    hass.bus.async_listen(EVENT_STATE_CHANGED, partial(_async_dispatch_event, hass, callbacks))
    return partial(callbacks.pop, entity_ids)


@callback
def _async_dispatch_event(
    hass: HomeAssistant, callbacks: dict[str, list[HassJob[..., Any]]], event: Event[Any]
) -> None:
    """Run the jobs of an entity."""
    for job in callbacks[event.data["entity_id"]]:
        hass.async_run_hass_job(job, event)


def _run_async_call_action(hass: HomeAssistant, job: HassJob[[datetime], Any]) -> None:
    """Run an action."""
    hass.async_run_hass_job(job, datetime.now())  # noqa: DTZ005


@callback
def async_call_at(
    hass: HomeAssistant,
    action: HassJob[[datetime], Any] | Callable[[datetime], Any],
    loop_time: float,
) -> CALLBACK_TYPE:
    """Run an action at a time of the loop's clock."""
    job = action if isinstance(action, HassJob) else HassJob(action, f"call_at {loop_time}")
    return hass.loop.call_at(loop_time, _run_async_call_action, hass, job).cancel


@callback
def async_call_later(
    hass: HomeAssistant,
    delay: float | timedelta,
    action: HassJob[[datetime], Any] | Callable[[datetime], Any],
) -> CALLBACK_TYPE:
    """Run an action after a delay."""
    if isinstance(delay, timedelta):
        delay = delay.total_seconds()
    job = action if isinstance(action, HassJob) else HassJob(action, f"call_later {delay}")
    loop = hass.loop
    return loop.call_at(loop.time() + delay, _run_async_call_action, hass, job).cancel


call_later = threaded_listener_factory(async_call_later)


class _TrackTimeInterval:
    """Runs an action again and again."""

    def __init__(self, hass: HomeAssistant, seconds: float, action: Callable[[datetime], Any]) -> None:
        """Take the action."""
        self.hass = hass
        self.seconds = seconds
        self.action = action
        self._run_job: HassJob[[datetime], Any] | None = None
        self._timer_handle: Any = None

    def async_attach(self) -> None:
        """Make the job."""
        self._run_job = HassJob(self.action, f"track time interval {self.seconds}")
        self._schedule_timer()

    def _schedule_timer(self) -> None:
        """Wait for the next time."""
        loop = self.hass.loop
        self._timer_handle = loop.call_at(loop.time() + self.seconds, self._interval_listener)

    @callback
    def _interval_listener(self) -> None:
        """Run the action."""
        self._schedule_timer()
        self.hass.async_run_hass_job(self._run_job, datetime.now(), background=True)  # noqa: DTZ005

    @callback
    def async_cancel(self) -> None:
        """Stop."""
        self._timer_handle.cancel()


@callback
def async_track_time_interval(
    hass: HomeAssistant,
    action: Callable[[datetime], Any],
    interval: timedelta,
    *,
    name: str | None = None,
    cancel_on_shutdown: bool | None = None,
) -> CALLBACK_TYPE:
    """Run an action again and again."""
    track = _TrackTimeInterval(hass, interval.total_seconds(), action)
    track.async_attach()
    return track.async_cancel


track_time_interval = threaded_listener_factory(async_track_time_interval)
