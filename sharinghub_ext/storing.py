"""How the store is used, by the settings."""

from sharinghub_ext.config import Settings
from stac_ext.store.database import StoreOptions


def store_options(settings: Settings) -> StoreOptions:
    """Nobody waits for another program longer than a read may take."""
    return StoreOptions(
        pool_size=settings.database_pool_size,
        timeout=settings.database_timeout,
        patience=min(settings.database_timeout, StoreOptions().patience),
    )
