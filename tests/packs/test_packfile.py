"""A pack's text into requirements: what each part of the file means, and what is said when it is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import PackError
from auditor.packfile import parse_pack
from auditor.packs import Kind, Requirement

NAME = "packs/test/2020-02-29.public.yaml"
HEAD = """\
schema: requirement-pack/1
service: test
edition: "2020-02-29"
cloud: public
title: A document
source: {url: "https://learn.microsoft.com/azure/test", confidence: verbatim, read: "2026-11-23"}
"""
ROW = "ip: [40.77.24.27:443]\n"


def requirements(body: str) -> dict[str, Requirement]:
    """Return the requirements of a pack with this body, by id without the edition."""
    return {one.id.removeprefix("test@2020-02-29/"): one for one in parse_pack(HEAD + body, NAME).requirements}


def test_rows_become_requirements_by_how_they_are_written() -> None:
    """Address, star, name and pattern are told apart; the protocol of names follows their port."""
    found = requirements(
        'ip: [40.77.24.27:443, "*:123/udp"]\nfqdn: [A.example.com:80, "*.b.example.com:443"]\nlinux: [c.io:8443/https]'
    )

    assert [(ident, one.kind, one.protocol) for ident, one in found.items()] == [
        ("ip:40.77.24.27:443", Kind.IP, ""),
        ("any:*:123", Kind.ANY, "udp"),
        ("fqdn:a.example.com:80", Kind.FQDN, "http"),
        ("wildcard:*.b.example.com:443", Kind.WILDCARD, "https"),
        ("fqdn:c.io:8443@linux-apps", Kind.FQDN, "https"),
    ]
    assert found["fqdn:a.example.com:80"].target == "A.example.com"
    assert found["fqdn:a.example.com:80"].raw == "A.example.com:80"


def test_repeated_rows_stay_apart() -> None:
    """A row the document repeats is a requirement of its own, with a number; the case of letters does not matter."""
    assert list(requirements("fqdn: [a.example.com:80, A.EXAMPLE.com:80, a.example.com:80]")) == [
        "fqdn:a.example.com:80",
        "fqdn:a.example.com:80#2",
        "fqdn:a.example.com:80#3",
    ]


def test_steps_say_how_rows_get_out() -> None:
    """Routes of the IP table, network rules and FQDN tags become the documented way of the rows; Linux has none."""
    found = requirements("""
steps:
  fqdn-tags: {Everything: [fqdn, linux], Updates: ["*.update.example.com"]}
  network-rules: ["*:123/any", "AzureMonitor:80,443/tcp"]
  ip-routes: Internet
ip: [40.77.24.27:443, "*:123", "*:12000"]
fqdn: [x.update.example.com:443]
wildcard: ["*.Update.example.com:443", "*.other.example.com:443"]
linux: [40.77.24.28:11371, c.io:443]
""")

    assert {ident: (one.via, one.protocol, one.tags) for ident, one in found.items() if one.kind != "fqdn-tag"} == {
        "ip:40.77.24.27:443": ("Internet", "", ()),
        "any:*:123": ("firewall", "any", ()),
        "any:*:12000": ("", "", ()),
        "fqdn:x.update.example.com:443": ("firewall", "https", ("Everything", "Updates")),
        "wildcard:*.update.example.com:443": ("firewall", "https", ("Updates",)),
        "wildcard:*.other.example.com:443": ("firewall", "https", ()),
        "ip:40.77.24.28:11371@linux-apps": ("", "", ()),
        "fqdn:c.io:443@linux-apps": ("firewall", "https", ("Everything",)),
        "service-tag:azuremonitor:80,443@azure-firewall": ("firewall", "tcp", ()),
    }


def test_steps_of_their_own() -> None:
    """Firewall, tag, default route and route table are requirements; what a document does not ask for is none."""
    steps = "{firewall: true, firewall-subnet: AzureFirewallSubnet, default-route: firewall, route-table: true}"

    assert [(ident, one.target) for ident, one in requirements(f"steps: {steps}").items()] == [
        ("firewall@azure-firewall", "AzureFirewallSubnet"),
        ("route:0.0.0.0/0->VirtualAppliance", "0.0.0.0/0"),
        ("route-table@subnet", ""),
    ]
    assert list(requirements("steps: {route-table: false}\n" + ROW)) == ["ip:40.77.24.27:443"]


def test_management_addresses_may_be_prefixes_and_regional() -> None:
    """Ids hold prefixes, targets what the document says; regional rows carry their condition and locations."""
    found = requirements("""
management:
  protocol: tcp
  ports: [454, 455]
  next-hop: Internet
  addresses: [70.37.57.58, 13.66.0.0/16]
  regions:
  - {name: UK West & UK South, locations: [ukwest, uksouth], addresses: [51.141.8.34]}
""")

    assert [(ident, one.target, one.condition, one.locations) for ident, one in found.items()] == [
        ("management-source:70.37.57.58/32:454,455", "70.37.57.58", None, ()),
        ("management-source:13.66.0.0/16:454,455", "13.66.0.0/16", None, ()),
        (
            "management-source:51.141.8.34/32:454,455@region:uk-west-uk-south",
            "51.141.8.34",
            "region:UK West & UK South",
            ("ukwest", "uksouth"),
        ),
    ]


def test_documented_openings_keep_prefixes_as_they_are() -> None:
    """A prefix is an opening as it stands, an address is one of its own."""
    management = "{protocol: tcp, ports: [454], next-hop: Internet, addresses: [70.37.57.58, 13.66.0.0/16]}"
    pack = parse_pack(f"{HEAD}management: {management}\n", NAME)

    assert pack.documented_openings == ("70.37.57.58/32", "13.66.0.0/16")


def test_digest_is_of_the_bytes() -> None:
    """Text and bytes of one file have one digest; a byte order mark and a comment change it and nothing else."""
    text = HEAD + ROW
    plain, marked = parse_pack(text, NAME), parse_pack(b"\xef\xbb\xbf" + text.encode(), NAME)

    assert plain == parse_pack(text.encode(), NAME)
    assert plain.requirements == marked.requirements
    assert plain.digest != marked.digest


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "fqdns: [a.example.com:80]",
            (
                'unknown field "fqdns"; known here: schema, service, edition, revision, cloud, title, source, notes,'
                " steps, service-endpoints, ip, fqdn, wildcard, linux, nsg-inbound, management,"
                " asked-beside-later"
            ),
        ),
        ("", "it holds no requirement; add steps, a table or management addresses"),
        (
            "fqdn: a.example.com:80",
            "fqdn: expected a list, not \"a.example.com:80\"; write one row per line, each after '- '",
        ),
        ("fqdn: [80]", "row 1 of fqdn: expected text, not the number 80; write it in quotes"),
        ("fqdn: [a.example.com:80, {a: 1}]", "row 2 of fqdn: expected text, not fields; write it in quotes"),
        ("fqdn: [a.example.com]", 'fqdn: "a.example.com" is no row; write target:port, as in graph.windows.net:443'),
        ("fqdn: [a.example.com:0]", 'fqdn: "a.example.com:0": 0 is not a port; write 1 to 65535'),
        ("fqdn: [a.example.com:99999]", 'fqdn: "a.example.com:99999": 99999 is not a port; write 1 to 65535'),
        (
            "fqdn: [a.example.com:80/gopher]",
            'fqdn: "a.example.com:80/gopher": unknown protocol; write one of http, https, tcp, udp, any',
        ),
        ("fqdn: [localhost:80]", 'fqdn: "localhost:80" is neither an address nor a name; write name:port'),
        ("fqdn: [40.77.24.27:80]", 'fqdn: "40.77.24.27:80" is of kind ip; move it to the table it belongs to'),
        (
            "wildcard: [a.example.com:80]",
            'wildcard: "a.example.com:80" is of kind fqdn; move it to the table it belongs to',
        ),
        (
            "ip: [40.77.24.270:443]",
            'ip: "40.77.24.270" is not an IPv4 address or prefix; write it as 40.77.24.27 or 40.77.24.0/24',
        ),
        (
            "nsg-inbound: [Azure-Monitor:80/tcp]",
            'nsg-inbound: "Azure-Monitor:80" names no service tag; write AzureMonitor:80,443/any',
        ),
        ('steps: {network-rules: ["*:53/udp"]}', 'steps: network-rules: "*:53" stands in no table; add it to ip'),
        (
            "steps: {fqdn-tags: {Tag: [ip]}}",
            'steps: fqdn-tags: Tag: "ip" is no coverage; write fqdn, wildcard, linux or *.example.com',
        ),
        ("steps: {firewall: yes}", 'steps: firewall: expected true or false, not "yes"'),
        ("steps: [firewall]", "steps: expected fields (name: value), not a list"),
        ("steps: {default-route: Internet}", 'steps: default-route: "Internet" is not known; write one of firewall'),
        ("steps: {ip-routes: firewall}", 'steps: ip-routes: "firewall" is not known; write one of Internet'),
        (
            "service-endpoints: {Azure SQL: ''}",
            "service-endpoints: Azure SQL: expected text, not nothing; write it in quotes",
        ),
        ("management: {addresses: [70.37.57.58]}", "management: the field ports is missing; add it"),
        (
            "management: {ports: ['454'], addresses: [70.37.57.58]}",
            "management: ports: expected a list of whole numbers, as in [454, 455]",
        ),
        (
            "management: {protocol: tcp, ports: [454], next-hop: Internet, addresses: [70.37.57.0/33]}",
            (
                'management: addresses: "70.37.57.0/33" is not an IPv4 address or prefix;'
                " write it as 40.77.24.27 or 40.77.24.0/24"
            ),
        ),
        ("management: {regions: {}}", "management: regions: expected a list, not fields"),
        ("management: {regions: [{}]}", "management: regions[1]: the field name is missing; add it"),
        ("notes: [true]\n" + ROW, "row 1 of notes: expected text, not true or false; write it in quotes"),
        ("title: twice", 'line 7, column 1: "title" is given twice; keep one of them'),
    ],
)
def test_fault_names_file_place_and_remedy(body: str, message: str) -> None:
    """One line says which file, which field or row, and what to write instead."""
    with pytest.raises(PackError) as caught:
        parse_pack(HEAD + body, NAME)

    assert str(caught.value) == f"{NAME}: {message}"


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (
            HEAD + ROW,
            "packs/other/2020-02-29.public.yaml",
            'service: "test" contradicts the file\'s place; write "other"',
        ),
        (
            HEAD + ROW,
            "packs/test/2020-02-28.public.yaml",
            'edition: "2020-02-29" contradicts the file\'s place; write "2020-02-28"',
        ),
        (
            HEAD + ROW,
            "packs/test/2020-02-29.china.yaml",
            'cloud: "public" contradicts the file\'s place; write "china"',
        ),
        (
            HEAD + ROW,
            "packs/test/2020-02-29.r1.public.yaml",
            "revision: the file's name says r1; write the same, or rename it",
        ),
        (HEAD + "revision: r1\n" + ROW, NAME, "revision: the file's name says none; write the same, or rename it"),
        (
            HEAD.replace("pack/1", "pack/2"),
            NAME,
            'schema: "requirement-pack/2" is not known; write one of requirement-pack/1',
        ),
        (HEAD.replace("title: A document\n", "") + ROW, NAME, "the field title is missing; add it"),
        (
            HEAD.replace("verbatim", "hearsay") + ROW,
            NAME,
            (
                'source: confidence: "hearsay" is not known; write one of verbatim, verbatim-from-translation,'
                " normalised-from-translation"
            ),
        ),
        ("- a\n- b", NAME, "expected fields (name: value), not a list"),
        ("", NAME, "expected fields (name: value), not nothing"),
        ("1: 2", NAME, "a name must be text, not the number 1; put it in quotes"),
        (b"title: \xff", NAME, "byte 8 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_fault_of_the_whole_file(text: str | bytes, name: str, message: str) -> None:
    """A file that contradicts its place, lacks a field or is no mapping is refused, and says so."""
    with pytest.raises(PackError) as caught:
        parse_pack(text, name)

    assert str(caught.value) == f"{name}: {message}"


@given(st.text() | st.text(alphabet='fqdn ip:[]{}*&!"\n-0123.ab/').map(lambda body: HEAD + body))
def test_any_text_is_a_pack_or_a_pack_error(text: str) -> None:
    """Whatever a file holds, there is a pack or one clear line; nothing else is raised."""
    line = NAME
    try:
        parse_pack(text, NAME)
    except PackError as error:
        line = str(error)

    assert line.startswith(NAME)
    assert "\n" not in line
