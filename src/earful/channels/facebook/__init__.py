"""Facebook: comments, posts by visitors, mentions and reviews of one page."""
