"""A listener of states is not marked for the loop."""

from homeassistant.helpers.event import async_track_state_change_event


async def async_setup(hass, config):
    def changed(event):
        hass.states.async_set("state_listener.copy", event.data["new_state"].state)

    async_track_state_change_event(hass, ["state_listener.source"], changed)
    return True
