"""Simulated networks on loopback: they speak the real wire formats, so that real connectors can be tried and tested."""
