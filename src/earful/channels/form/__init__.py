"""The form behind a handoff: what a customer writes on our own page, and where our answers stand."""
