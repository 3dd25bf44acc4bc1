"""Port sets."""

from auditor.estate.intervals import IntervalSet

PortSet = IntervalSet
"""A set of TCP or UDP ports, 0 to 65535."""

HIGHEST = 65535
ALL_PORTS = IntervalSet(((0, HIGHEST),))


def port_set(text: str) -> PortSet:
    """Return the ports of one Azure port field: "*", "443" or "1024-65535".

    Raises ValueError, whose text says what would be right, for anything else.
    """
    if text == "*":
        return ALL_PORTS
    first, dash, last = text.partition("-")
    if not first.strip().isdecimal() or (dash and not last.strip().isdecimal()):
        raise ValueError(f'"{text}" is not a port; write "*", a number or a range such as "8000-8080"')
    low, high = int(first), int(last or first)
    if low > high or high > HIGHEST:
        raise ValueError(f'"{text}" is not a port; ports go from 0 to {HIGHEST}, the lower one first')
    return IntervalSet(((low, high),))


def port_text(ports: PortSet) -> str:
    """Return a port set as people write it: "443", "454-455", "80,443", "*"."""
    if ports == ALL_PORTS:
        return "*"
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ports.spans)
