"""The helper."""

from homeassistant.helpers.dispatcher import async_dispatcher_send, dispatcher_send


class Helper:
    def __init__(self, hass, hub):
        self.hass = hass
        self.hub = hub
        self.run = self.notify
        self.bus = hass.bus

    def start(self, entry):
        self.hass.add_job(self.run)
        entry.async_on_unload(self.hub.watch())

    def notify(self):
        dispatcher_send(self.hass, "loose_hub")

    def quick(self):
        self.bus.async_fire("loose_hub_quick")

    def tell(self):
        async_dispatcher_send(self.hass, "loose_hub")
