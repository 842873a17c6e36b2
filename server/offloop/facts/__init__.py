"""What one Python text says: functions, classes, calls and comments, without Home Assistant knowledge."""
