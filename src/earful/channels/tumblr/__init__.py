"""Tumblr: replies to the posts of one blog, reblogs with words, mentions."""
