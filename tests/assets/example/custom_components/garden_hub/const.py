"""Constants of the Garden Hub integration."""

from datetime import timedelta

DOMAIN = "garden_hub"
DEFAULT_PORT = 4747
SCAN_INTERVAL = timedelta(seconds=60)

CONF_SERIAL = "serial"

EVENT_RAIN = "garden_hub_rain"
EVENT_LEAK = "garden_hub_leak"

SIGNAL_HUB_STATE = "garden_hub_state"
SIGNAL_WEATHER = "garden_hub_weather"
