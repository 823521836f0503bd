"""YouTube: comments below the videos of one channel."""
