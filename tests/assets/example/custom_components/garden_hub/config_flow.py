"""Config flow of the Garden Hub integration."""

from __future__ import annotations

from typing import Any

import voluptuous as vol
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT

from .connection import GardenHubConnection, GardenHubError
from .const import DEFAULT_PORT, DOMAIN

DATA_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): str,
        vol.Required(CONF_PORT, default=DEFAULT_PORT): int,
    }
)


class GardenHubConfigFlow(ConfigFlow, domain=DOMAIN):
    """Ask for the address of a hub."""

    VERSION = 1

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let the user type the address."""
        errors: dict[str, str] = {}
        if user_input is not None:
            connection = GardenHubConnection(user_input[CONF_HOST], user_input[CONF_PORT])
            try:
                info = await self.hass.async_add_executor_job(connection.read_info)
            except GardenHubError:
                errors["base"] = "cannot_connect"
            else:
                await self.async_set_unique_id(info["serial"])
                self._abort_if_unique_id_configured()
                return self.async_create_entry(title=info["name"], data=user_input)
        return self.async_show_form(step_id="user", data_schema=DATA_SCHEMA, errors=errors)
