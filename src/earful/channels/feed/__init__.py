"""RSS and Atom feeds: reviews, forums and blogs that can be read, not answered."""
