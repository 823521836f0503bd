"""Triage: a batch of messages in, a batch of explained ratings out; no clock, no I/O, no network.

Nothing is imported here, so that `import earful.triage` costs nothing: start at `earful.triage.rate`.
"""
