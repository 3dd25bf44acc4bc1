"""What was decided for one workload and holds, word for word, for another that no rule tells from it."""

from dataclasses import dataclass

from auditor.engine.context import Asked, Context
from auditor.engine.replies import Exchange
from auditor.estate.addresses import address_texts


@dataclass(frozen=True, slots=True)
class Lent:
    """A decided flow, and which names of its own workload its words mention, by their place in `names_of`."""

    asked: Asked
    exchange: Exchange
    mentions: tuple[tuple[int, str], ...]


def lent_by(context: Context) -> tuple[Lent, ...]:
    """Return the decided flows of a workload that others of its class need not decide again.

    Hops that let a flow through are not told without traces, so that their words do not count.
    """
    names = names_of(context)
    vnet = context.network.estate.virtual_networks.get(context.subnet.vnet)
    alone = {each.name.lower() for each in (vnet.peerings if vnet else ())}
    found = []
    for asked, exchange in context.exchanges.items():
        told = _told(exchange)
        if not any(each in told for each in alone):
            mentions = tuple((at, each) for at, each in enumerate(names) if each and each in told)
            found.append(Lent(asked, exchange, mentions))
    return tuple(found)


def borrow(context: Context, lent: tuple[Lent, ...]) -> None:
    """Give a workload the decided flows of another of its class whose words are true of it."""
    names = names_of(context)
    for each in lent:
        if all(names[place] == name for place, name in each.mentions):
            context.exchanges[each.asked] = each.exchange


def names_of(context: Context) -> tuple[str, ...]:
    """Return what texts may call by name that is a workload's own, in lower case; always in the same places.

    A name that stands in a text by chance counts too.
    """
    subnet = context.subnet
    vnet = context.network.estate.virtual_networks.get(subnet.vnet)
    table, group = subnet.route_table or "", subnet.nsg or ""
    named = (
        *(context.workload.id, context.workload.name, subnet.id, f"subnet {subnet.name}", subnet.vnet),
        *(f"vnet {subnet.vnet.rpartition('/')[2]}", address_texts(subnet.addresses)),
        *(table, table.rpartition("/")[2], group, group.rpartition("/")[2]),
        address_texts(vnet.addresses) if vnet else "",
    )
    return tuple(each.lower() for each in named)


def _told(exchange: Exchange) -> str:
    """Return the words of an exchange that findings may repeat, in lower case."""
    parts = [exchange.reason.text, *exchange.walk.caveats]
    for hop in (*exchange.stops, *exchange.walk.possible):
        parts += (hop.resource, hop.decided_by, hop.why)
    past = exchange.walk.exclusive or not any(exchange.walk.firewalls)
    for route in exchange.walk.routes if past else ():  # told where a flow goes past the firewall
        parts += (route.resource, route.name, route.text)
    return "\n".join(parts).lower()
