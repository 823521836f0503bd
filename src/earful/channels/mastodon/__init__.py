"""Mastodon and servers that speak its client API: mentions, replies, direct messages."""
