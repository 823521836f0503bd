"""X (API v2): mentions, replies, quotes and direct messages of one account."""
