"""Promises: policies, the clocks of each case, and what was not kept."""
