"""Pinterest, metrics only: the pins of one account and their counts. Nothing that is said there can be had."""
