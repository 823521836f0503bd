"""Plain values of the domain: no input or output, no clock, no database."""
