"""Reading the small files that people write: configuration and packs."""

from pathlib import Path

from auditor.errors import AuditorError

_LARGEST = 4 * 1024 * 1024


def read_small(path: Path, error: type[AuditorError]) -> bytes:
    """Return the content of a file. Raises `error`, saying what to do, if it cannot be read or is no small file."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise error(f"{path}: no such file; check the name") from None
    except IsADirectoryError:
        raise error(f"{path}: a folder, not a file; name the file in it") from None
    except (OSError, ValueError) as fault:  # a ValueError is a name with a null character
        why = getattr(fault, "strerror", None) or "not a file name"
        raise error(f"{path}: cannot be read ({why}); check the file and its permissions") from None
    if len(data) > _LARGEST:
        raise error(f"{path}: larger than {_LARGEST // 1024 // 1024} MB, too large for such a file; is it another one?")
    return data
