"""The loopback protocol between the monitor and its clients."""
