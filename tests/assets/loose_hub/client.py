"""The client, which has a thread of its own."""

import threading


class Client:
    def __init__(self, hass):
        self.hass = hass
        self.handlers = []
        self.thread = threading.Thread(target=self.loop)

    def subscribe(self, handler):
        self.handlers.append(handler)
        self.thread.start()

    def send(self, message):
        return message

    def loop(self):
        while True:
            for handler in self.handlers:
                handler("message")
