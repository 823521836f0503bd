"""What can go wrong in the store, said so that a caller can act on it."""


class StoreUnavailableError(Exception):
    """Nothing of the write was kept: the disk is full, the database is locked or gone. Try again later."""


class StoreClosedError(Exception):
    """The store was closed while the write waited; nothing of it was kept."""


class ConflictError(Exception):
    """Somebody else was first; nothing was changed."""
