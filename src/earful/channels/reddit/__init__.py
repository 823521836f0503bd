"""Reddit: mentions, replies, messages and the comments of chosen subreddits, for one account."""
