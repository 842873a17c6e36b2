"""What is kept on disk."""

import json
from typing import Any


class JSONEncoder(json.JSONEncoder):
    """Takes objects that tell what they consist of."""

    def default(self, value: Any) -> Any:
        """Ask the object."""
        if hasattr(value, "as_dict"):
            return value.as_dict()
        return json.JSONEncoder.default(self, value)
