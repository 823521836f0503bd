"""TikTok: comments below the videos of one business account."""
