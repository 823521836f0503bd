"""Threads: replies to and mentions of one profile."""
