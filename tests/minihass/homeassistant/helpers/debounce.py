"""Calls a function not too often."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HassJob, HomeAssistant, callback


class Debouncer[_R_co]:
    """Calls a function not too often."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        cooldown: float,
        immediate: bool,
        function: Callable[[], _R_co] | None = None,
    ) -> None:
        """Take the function."""
        self.hass = hass
        self._function = function
        self.cooldown = cooldown
        self.immediate = immediate
        self._job: HassJob[[], Any] | None = None if function is None else HassJob(function, "debouncer")

    async def async_call(self) -> None:
        """Call the function."""
        assert self._job is not None
        if task := self.hass.async_run_hass_job(self._job):
            await task

    @callback
    def async_cancel(self) -> None:
        """Forget a call that waits."""
        self._job = None
