"""Google reviews: what customers say of the places of a business, and its answers."""
