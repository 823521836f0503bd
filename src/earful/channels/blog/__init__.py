"""Comments of blogs: by WordPress itself, or by an isso beside a blog of any make."""
