"""Ends of flows as people write them."""

import pytest

from auditor.estate.addresses import address_set
from auditor.estate.endpoints import EndpointText, PlaceText, parse_endpoint, split_endpoint


@pytest.mark.parametrize(
    ("text", "name", "port", "protocol"),
    [
        ("graph.windows.net", "graph.windows.net", 443, "tcp"),
        ("graph.windows.net:8443", "graph.windows.net", 8443, "tcp"),
        ("graph.windows.net/tcp", "graph.windows.net", 443, "tcp"),
        ("Graph.Windows.NET.:80/TCP", "graph.windows.net", 80, "tcp"),
        ("ntp.contoso.com:123/udp", "ntp.contoso.com", 123, "udp"),
        ("ping.contoso.com/icmp", "ping.contoso.com", None, "icmp"),
        ("*.update.microsoft.com", "*.update.microsoft.com", 443, "tcp"),
        ("gr-Prod-*.cloudapp.net:443", "gr-prod-*.cloudapp.net", 443, "tcp"),
        ("grsecprod*mini*.servicebus.windows.net:443", "grsecprod*mini*.servicebus.windows.net", 443, "tcp"),
        ("3com.example.com:1", "3com.example.com", 1, "tcp"),
        ("_sip._tls.example.com:65535", "_sip._tls.example.com", 65535, "tcp"),
    ],
)
def test_names(text: str, name: str, port: int | None, protocol: str) -> None:
    """A name or documented pattern is normalised; port and protocol have defaults."""
    end = parse_endpoint(text, default_port=443)

    assert end == EndpointText(text=text, name=name, addresses=None, port=port, protocol=protocol)


@pytest.mark.parametrize(
    ("text", "addresses", "port", "protocol"),
    [
        ("10.20.0.4", "10.20.0.4", 443, "tcp"),
        ("10.20.0.0/24", "10.20.0.0/24", 443, "tcp"),
        ("10.20.0.0/24:8080/tcp", "10.20.0.0/24", 8080, "tcp"),
        ("10.20.0.0/24:53/udp", "10.20.0.0/24", 53, "udp"),
        ("10.20.0.0/24/icmp", "10.20.0.0/24", None, "icmp"),
        ("10.20.0.4-10.20.0.9:443", "10.20.0.4-10.20.0.9", 443, "tcp"),
        ("[2001:db8::1]:443", "2001:db8::1", 443, "tcp"),
        ("[2001:db8::/32]:53/udp", "2001:db8::/32", 53, "udp"),
        ("[2001:db8::1]", "2001:db8::1", 443, "tcp"),
    ],
)
def test_addresses(text: str, addresses: str, port: int | None, protocol: str) -> None:
    """An address, prefix or range is a set of addresses; IPv6 stands in brackets."""
    end = parse_endpoint(text, default_port=443)

    assert end == EndpointText(text=text, name="", addresses=address_set(addresses), port=port, protocol=protocol)


@pytest.mark.parametrize(
    ("text", "host", "port", "protocol"),
    [
        ("vnet-hub/ase", "vnet-hub/ase", 443, "tcp"),
        ("vnet-hub/ase:454", "vnet-hub/ase", 454, "tcp"),
        ("ase/udp:53", "ase/udp", 53, "tcp"),
        ("ase:53/udp", "ase", 53, "udp"),
        ("/subscriptions/1/x/subnets/ase:454/tcp", "/subscriptions/1/x/subnets/ase", 454, "tcp"),
    ],
)
def test_any_place_is_split(text: str, host: str, port: int, protocol: str) -> None:
    """What is before port and protocol may be a subnet: it is not looked at."""
    assert split_endpoint(text, default_port=443) == PlaceText(text=text, host=host, port=port, protocol=protocol)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", '"" names no destination; write it as api.contoso.com:443'),
        (":443", '":443" names no destination'),
        ("https://contoso.com", "is a URL; write its name and port alone"),
        ("contoso.com:0", '"0" is not a port; write 1 to 65535'),
        ("contoso.com:65536", '"65536" is not a port'),
        ("contoso.com:", '"" is not a port'),
        ("contoso.com:https", '"https" is not a port'),
        ("contoso.com:٤٤٣", "is not a port"),
        ("contoso.com:443/sctp", '"sctp" is not a protocol; write one of tcp, udp, icmp'),
        ("contoso.com:443/icmp", "ICMP has no ports"),
        ("contoso.com/udp", '"contoso.com/udp" has no port'),
        ("2001:db8::1", "put IPv6 in brackets, as in [2001:db8::1]:443"),
        ("[2001:db8::1:443", "does not close its bracket"),
        ("[2001:db8::g]:443", "is neither a full name nor an address"),
        ("[2001:db8::1::]:443", "is not an address prefix"),
        ("10.0.0.0/33", '"10.0.0.0/33" is not an address prefix'),
        ("10.0.0.300:443", '"10.0.0.300" is not an address prefix'),
        ("10.0.0.9-10.0.0.4:443", "write the lower address first"),
        ("*", "write 0.0.0.0/0 for every address"),
        ("api.*.contoso.com", "keep stars in the first part"),
        ("**.contoso.com", "keep stars in the first part"),
        ("contoso", "is neither a full name nor an address"),
        ("con toso.com", "is neither a full name nor an address"),
        ("-contoso.com", "is neither a full name nor an address"),
        ("contoso..com", "is neither a full name nor an address"),
        ("bücher.example", "is neither a full name nor an address"),
        (f"{'a' * 64}.com", "is neither a full name nor an address"),
        (".".join(["a" * 60] * 5), "is neither a full name nor an address"),
        ("contoso.com\x1b[2J", "cannot be printed"),
    ],
)
def test_faults_say_what_would_be_right(text: str, message: str) -> None:
    """Nothing is guessed: what is no destination is refused, with an example."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        parse_endpoint(text, default_port=443)

    assert message in str(caught.value)


def test_a_port_may_be_required() -> None:
    """Where no port is usual, one must be written."""
    with pytest.raises(ValueError, match=r'"api\.contoso\.com" has no port; write it as api\.contoso\.com:443'):
        parse_endpoint("api.contoso.com", default_port=None)
