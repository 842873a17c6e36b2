"""A sync setup listens to events."""


def setup(hass, config):
    def heard(event):
        hass.bus.fire("setup_listens_done")

    hass.bus.async_listen("setup_listens_go", heard)
    return True
