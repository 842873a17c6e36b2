"""offloop: finds code of Home Assistant integrations that runs in the wrong thread, before it runs."""
