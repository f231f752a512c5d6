"""Where incidents, what people decided and the record are kept: SQLite by default, PostgreSQL by URL."""

from service.store.database import Store, open_store

__all__ = ["Store", "open_store"]
