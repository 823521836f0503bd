"""Instagram: comments, mentions and private messages of one professional account."""
