"""An integration that declares next to nothing: what its modules mean is in each other's insides."""

from .hub import Hub

DOMAIN = "loose_hub"


async def async_setup_entry(hass, entry):
    hub = Hub(hass)
    hass.data.setdefault(DOMAIN, {})["hub"] = hub
    hub.helper.start(entry)
    hub.client.subscribe(hub.received)
    await hass.config_entries.async_forward_entry_setups(entry, ["switch"])
    return True
