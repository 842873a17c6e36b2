"""The hub."""

from homeassistant.helpers.event import track_time_interval

from .client import Client
from .helper import Helper


class Hub:
    def __init__(self, hass):
        self.hass = hass
        self.client = Client(hass)
        self.helper = self.make()
        self.listeners = []
        self.interval = 30

    def make(self):
        return Helper(self.hass, self)

    def received(self, message):
        self.hass.states.set("loose_hub.last", message)
        for listener in self.listeners:
            listener(message)

    def refresh(self, now=None):
        self.helper.notify()
        self.client.send("refresh")

    def watch(self):
        return track_time_interval(self.hass, self.refresh, self.interval)
