"""The history: audits that were recorded, in SQLite or PostgreSQL.

`open_store` is the way in. SQLAlchemy is imported only there, and Alembic only where a schema is made or migrated.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import HistoryError
from auditor.history.packing import pack_snapshot

if TYPE_CHECKING:
    from auditor.history.store import Store

__all__ = ["default_url", "file_of", "open_store", "pack_snapshot"]

_INSTALL = 'pip install "azure-egress-auditor[history]"'


def default_url() -> str:
    """Return the path of the history of this user. Raises HistoryError where what finds it is not installed."""
    try:
        from platformdirs import user_data_path  # noqa: PLC0415 - an extra, needed here alone
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from None
    return str(Path(user_data_path("azure-egress-auditor", appauthor=False)) / "history.db")


def file_of(url: str) -> str | None:
    """Return the file that a path or URL of a history means; None for a database that is none. Raises HistoryError."""
    try:
        from auditor.history.places import place_of  # noqa: PLC0415 - see the module's docstring

        file = place_of(url).file
        return None if file is None else str(file)
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from None


def open_store(url: str, *, create: bool = True) -> "Store":
    """Return the history at a path, or at a `postgresql://` URL, made or migrated where it must be.

    create: whether to make one where there is none. Raises HistoryError in one line, in which no password is.
    """
    try:
        from auditor.history.opening import opened  # noqa: PLC0415 - see the module's docstring

        return opened(url, create=create)
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from None


def _not_installed(missing: ModuleNotFoundError) -> HistoryError:
    return HistoryError(f"a history needs {missing.name}, which is not installed; {_INSTALL}")
