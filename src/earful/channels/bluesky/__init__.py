"""Bluesky: mentions, replies, quotes and direct messages of one account (AT Protocol)."""
