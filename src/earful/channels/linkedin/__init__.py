"""LinkedIn: comments below the posts of one company page, and posts that mention it."""
