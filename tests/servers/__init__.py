"""Real third-party servers on loopback, started for the tests and stopped by their own process id."""
