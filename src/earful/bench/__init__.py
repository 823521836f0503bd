"""`earful bench`: speed and memory, measured on the machine it runs on."""
