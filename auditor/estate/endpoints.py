"""Ends of flows as people write them: `graph.windows.net:443/tcp`, `10.20.0.0/24:8080`, `[2001:db8::1]:443`."""

import re
from dataclasses import dataclass

from auditor.estate.addresses import AddressSet, address_set
from auditor.estate.names import normal_name

PROTOCOLS = ("tcp", "udp", "icmp")
EXAMPLE = "api.contoso.com:443"

_LAST_PORT = 65535
_LONGEST_NAME = 253
_BRACKETED = re.compile(r"\[(?P<host>[^\[\]]*)\](?::(?P<port>.*))?")
_V4 = re.compile(r"[0-9./-]+")
_V6 = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:/[0-9]{1,3}|-[0-9A-Fa-f:.]+)?")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_STARRED = r"[A-Za-z0-9_-]*\*[A-Za-z0-9_*-]*"
_TOP = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}|{_STARRED})\.(?:{_LABEL}\.)*{_TOP}\.?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceText:
    """A place, a port and a protocol, told apart; what the place is has not been looked at.

    text: as written. host: without port and brackets, such as "graph.windows.net" or "vnet-hub/ase".
    port: None for ICMP only. protocol: "tcp", "udp" or "icmp".
    """

    text: str
    host: str
    port: int | None
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointText:
    """An end of a flow that is a name or addresses.

    text: as written. name: an FQDN or documented pattern, normalised, or "". addresses: where it is no name.
    port: None for ICMP only. protocol: "tcp", "udp" or "icmp".
    """

    text: str
    name: str
    addresses: AddressSet | None
    port: int | None
    protocol: str


def parse_endpoint(text: str, *, default_port: int | None) -> EndpointText:
    """Return what `text` says: HOST[:PORT][/PROTOCOL], the protocol tcp unless it says another.

    default_port: the TCP port where `text` has none; None to require one.
    Raises ValueError, whose text says what would be right.
    """
    place = split_endpoint(text, default_port=default_port)
    name, addresses = parse_host(place.host)
    return EndpointText(text=text, name=name, addresses=addresses, port=place.port, protocol=place.protocol)


def split_endpoint(text: str, *, default_port: int | None) -> PlaceText:
    """Return the parts of HOST[:PORT][/PROTOCOL], whatever the host may be: also `vnet-hub/ase:454` or an ARM id.

    default_port: as for `parse_endpoint`. Raises ValueError, whose text says what would be right.
    """
    if not text.isprintable():
        raise ValueError(f"a destination holds characters that cannot be printed; write it as {EXAMPLE}")
    if "://" in text:
        raise ValueError(f'"{text}" is a URL; write its name and port alone, as in {EXAMPLE}')
    front, protocol = _split_protocol(text)
    host, port_text = _split_port(front)
    if not host:
        raise ValueError(f'"{text}" names no destination; write it as {EXAMPLE}')
    return PlaceText(
        text=text, host=host, port=_port(text, port_text, protocol, default_port), protocol=protocol or "tcp"
    )


def parse_host(host: str) -> tuple[str, AddressSet | None]:
    """Return the normalised name or documented pattern that `host` is, or "" and its addresses.

    A pattern has its stars in the first label, as documents write them: `*.contoso.com`, `gr-Prod-*.cloudapp.net`.
    Raises ValueError, whose text says what would be right.
    """
    if _V4.fullmatch(host) or _V6.fullmatch(host):
        return "", address_set(host)
    if host == "*":
        raise ValueError('"*" may be any name or any address; write 0.0.0.0/0 for every address, or a name')
    if "*" in host.partition(".")[2] or "**" in host:
        raise ValueError(f'"{host}" is no documented pattern; keep stars in the first part, as in *.contoso.com')
    if len(host) > _LONGEST_NAME or not _NAME.fullmatch(host):
        raise ValueError(
            f'"{host}" is neither a full name nor an address; write it as api.contoso.com, *.contoso.com, 10.20.0.4 or'
            " 10.20.0.0/24"
        )
    return normal_name(host), None


def _split_protocol(text: str) -> tuple[str, str]:
    """Return what stands before the protocol, and the protocol: "" where there is none."""
    front, slash, word = text.rpartition("/")
    if slash and word.lower() in PROTOCOLS:
        return front, word.lower()
    if slash and re.search(r":[0-9]+$", front) and not _V6.fullmatch(text):
        raise ValueError(f'"{text}": "{word}" is not a protocol; write one of {", ".join(PROTOCOLS)}')
    return text, ""


def _split_port(text: str) -> tuple[str, str | None]:
    """Return what stands before the port, and the port as written: None where there is none."""
    if text.startswith("["):
        found = _BRACKETED.fullmatch(text)
        if found is None:
            raise ValueError(f'"{text}" does not close its bracket before the port; write it as [2001:db8::1]:443')
        return found["host"], found["port"]
    host, colon, port = text.rpartition(":")
    if ":" in host:
        raise ValueError(f'"{text}" holds several colons; put IPv6 in brackets, as in [2001:db8::1]:443')
    return (host, port) if colon else (text, None)


def _port(text: str, written: str | None, protocol: str, default: int | None) -> int | None:
    """Return the port that `text` asks for; the default is one of TCP."""
    if protocol == "icmp":
        if written is not None:
            raise ValueError(f'"{text}": ICMP has no ports; write it as 10.20.0.4/icmp')
        return None
    if written is None:
        if default is None or protocol == "udp":
            raise ValueError(f'"{text}" has no port; write it as {EXAMPLE} or ntp.contoso.com:123/udp')
        return default
    if not re.fullmatch("[1-9][0-9]{0,4}", written) or int(written) > _LAST_PORT:
        raise ValueError(f'"{text}": "{written}" is not a port; write 1 to {_LAST_PORT}')
    return int(written)
