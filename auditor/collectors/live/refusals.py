"""What Azure would not answer, and what would make it."""

from auditor.findings import Gap

_LOCKED = ("another operation", "exclusive lock", "anotheroperationinprogress")
_OK, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _THROTTLED = 200, 403, 404, 409, 429
_ASK_AGAIN = "run the collection again"


class RefusedError(Exception):
    """Azure did not answer a read.

    status: of HTTP, 0 where no answer came. code, message: as Azure put them. is_damage: whether an answer came that is
    no JSON.
    """

    def __init__(self, status: int, code: str, message: str, *, is_damage: bool = False) -> None:
        super().__init__(f"{status} {code} {message}")
        self.is_damage = is_damage
        self.status = status
        self.code = code
        self.message = message

    @property
    def is_absent(self) -> bool:
        """Whether the resource is not there (any more)."""
        return self.status == _NOT_FOUND

    @property
    def why(self) -> str:
        """One sentence: why it could not be read."""
        told = f" ({self.code})" if self.code else ""
        if self.status == _FORBIDDEN:
            return f"Azure refused access{told}"
        if self.is_absent:
            return f"Azure says it does not exist{told}"
        if self.status in {_CONFLICT, _THROTTLED}:
            said = f"{self.code} {self.message}".lower()
            locked = self.status == _CONFLICT or any(word in said for word in _LOCKED)
            return f"another operation had it locked{told}" if locked else f"Azure kept throttling{told}"
        if self.status == _OK:
            return f"the answer cannot be trusted: {self.message}"
        if self.status:
            return f"Azure answered {self.status}{told}, again and again"
        return f"no whole answer came: {self.message}"

    def needs(self, action: str) -> str:
        """Return what would close the gap. action: the permission of the read, as "Microsoft.Network/x/read"."""
        if self.status == _FORBIDDEN:
            return f"the permission {action}, which the role Reader holds"
        if self.is_absent:
            return "mend or remove what refers to it"
        return _ASK_AGAIN

    def gap(self, what: str, scope: str, told: str) -> Gap:
        """Return the gap this leaves. told: what was read, as the start of a sentence."""
        return Gap(what=what, scope=scope, why=f"{told}: {self.why}", needs=self.needs(f"{what}/read"))
