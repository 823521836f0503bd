"""Messenger: private conversations of one page."""
