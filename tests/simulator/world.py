"""What configuration does not settle, settled: a world, a packet in it, and what becomes of the packet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

Choice = TypeVar("Choice")


class LostError(Exception):
    """A packet was stopped; the message says where and by which rule of the semantics."""


@dataclass(frozen=True)
class Packet:
    """One packet that opens a connection.

    host: the name its sender says, in the Host header or the SNI; "" without one. application: "http", "https",
    "mssql" or "". named: whether the sender looked the address up under `host`.
    """

    source: str
    destination: str
    protocol: str
    port: int
    host: str = ""
    application: str = ""
    named: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a packet and its reply. where: the place that stopped it, "" if none did."""

    passes: bool
    where: str = ""


@dataclass
class World:
    """One way the things may be that configuration does not tell.

    seed: chooses among all worlds; None for the one that answers no to every question, and -1 for the one that answers
    yes. names: public addresses by name. others: addresses that names may have of which no flow asks. asked: every
    question that was put, so that a test can tell whether anything was open at all.
    """

    seed: int | None
    names: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[str] = ()
    asked: set[str] = field(default_factory=set)

    def says(self, question: str) -> bool:
        """Answer a question with yes or no, always the same way."""
        self.asked.add(question)
        if self.seed is None or self.seed == -1:
            return self.seed == -1
        return self._number(question) % 2 == 0

    def picks(self, question: str, options: Sequence[Choice]) -> Choice:
        """Choose one of several possible answers, always the same one."""
        if len(options) > 1:
            self.asked.add(question)
        return options[self._number(question) % len(options)]

    def address_of(self, name: str) -> str:
        """Return the address a name stands for."""
        return self.names.get(name) or self.picks(f"F21: where {name} lives", self.others or ("203.0.113.99",))

    def _number(self, question: str) -> int:
        text = f"{self.seed} {question}".encode()
        return int.from_bytes(blake2b(text, digest_size=4).digest(), "big")
