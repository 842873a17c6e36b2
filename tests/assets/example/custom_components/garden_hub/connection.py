"""The hub's line protocol: one JSON object a line, in both directions."""

from __future__ import annotations

import json
import socket
from typing import Any


class GardenHubError(Exception):
    """The hub cannot be reached or does not understand."""


class GardenHubConnection:
    """A blocking connection to a hub."""

    def __init__(self, host: str, port: int) -> None:
        """Remember the address."""
        self._host = host
        self._port = port

    def read_info(self) -> dict[str, Any]:
        """Ask for name, serial number and firmware."""
        return self._request({"cmd": "info"})

    def read_zones(self) -> list[dict[str, Any]]:
        """Ask for all zones and whether they are open."""
        return self._request({"cmd": "zones"})["zones"]

    def set_zone(self, zone: int, is_open: bool, minutes: int | None = None) -> None:
        """Open or close the valve of a zone."""
        self._request({"cmd": "zone", "zone": zone, "open": is_open, "minutes": minutes})

    def set_rain_delay(self, hours: int) -> bool:
        """Pause all schedules; older hubs refuse."""
        return self._request({"cmd": "delay", "hours": hours}).get("ok", False)

    def read_event(self) -> dict[str, Any] | None:
        """Wait for the next event."""
        try:
            return self._request({"cmd": "wait"})
        except TimeoutError:
            return None

    def _request(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            with socket.create_connection((self._host, self._port), timeout=10) as connection:
                connection.sendall(json.dumps(message).encode() + b"\n")
                with connection.makefile() as lines:
                    return json.loads(lines.readline())
        except (OSError, ValueError) as err:
            raise GardenHubError(str(err)) from err
