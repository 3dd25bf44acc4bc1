"""Pseudonyms for names and subscription ids, so that a snapshot can be shown to others.

The same name has the same pseudonym throughout, and again tomorrow for the same scope. Addresses, host names, service
tags and Azure's own names stay: they decide, and they are what one shows a snapshot for.
"""

import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping
from typing import Any

from auditor.findings import Gap

_AZURES_OWN = frozenset(
    {
        *("azurefirewallsubnet", "azurefirewallmanagementsubnet", "azurebastionsubnet"),
        *("gatewaysubnet", "routeserversubnet"),
        *("defaultroutetable", "noneroutetable", "default", "none", "private_traffic", "public_traffic"),
        *("inboundnetworkdependenciesendpoints", "outboundnetworkdependenciesendpoints"),
        *("allowvnetinbound", "allowazureloadbalancerinbound", "denyallinbound"),
        *("allowvnetoutbound", "allowinternetoutbound", "denyalloutbound"),
    }
)
"""Names that Azure gives, in lower case: they tell nothing of anybody, and some of them decide."""
_AZURES_START = re.compile("(remotevnettohubpeering_|hv_)", re.IGNORECASE)
_NAMES = frozenset(
    {
        *("name", "displayname", "subnet", "resourcegroup", "resourcegroupname", "groupname"),
        *("customnetworkinterfacename", "domainnamelabel", "internaldnsnamelabel"),
    }
)
_LISTS_OF_NAMES = frozenset({"labels"})
_NOTES = frozenset({"description", "requestmessage"})
_NOT_OURS = frozenset({"sku", "delegations", "extendedlocation", "value"})
"""Properties below which `name` is no name that anybody here gave."""
_ID = re.compile(
    r"/subscriptions/[^\s\"',;:]+|/providers/microsoft\.management/managementgroups/[^\s\"',;:]+", re.IGNORECASE
)
_WORD = re.compile(r"([\w.-]*\w)")


class Redactor:
    """Replaces names. secret: what nobody can guess, such as a subscription id; it makes the pseudonyms."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(secret.lower().encode()).digest()
        self._known: dict[str, str] = {}
        self._unlike_words: set[str] = set()

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document with pseudonyms."""
        return {name: self._value(name, each) for name, each in document.items()}

    def gap(self, gap: Gap) -> Gap:
        """Return a gap with pseudonyms."""
        return Gap(what=gap.what, scope=self.text(gap.scope), why=self.text(gap.why), needs=self.text(gap.needs))

    def text(self, text: str) -> str:
        """Return a text with pseudonyms for the ids in it, and for all names that were met before."""
        text = _ID.sub(lambda found: self.arm_id(found[0]), text)
        for each in sorted(self._unlike_words, key=lambda name: (-len(name), name)):
            text = re.sub(re.escape(each), self._known[each], text, flags=re.IGNORECASE)
        words = re.split(_WORD, text)
        return "".join(self._known.get(each.lower(), each) for each in words)

    def arm_id(self, arm_id: str) -> str:
        """Return an ARM id with pseudonyms for subscription, resource group and names."""
        parts = arm_id.split("/")
        at = 1
        while at < len(parts):
            word = parts[at].lower()
            if word == "providers":
                at += 2  # the namespace stays
                continue
            if at + 1 < len(parts) and parts[at + 1]:
                name = parts[at + 1]
                parts[at + 1] = self._subscription(name) if word == "subscriptions" else self.name(name)
            at += 2
        return "/".join(parts)

    def name(self, name: str) -> str:
        """Return the pseudonym of a name; Azure's own names stay."""
        lower = name.lower()
        if lower in _AZURES_OWN or not name:
            return name
        start = _AZURES_START.match(name)
        found = (start[0] if start else "") + "x" + self._digest(lower)[:12]
        self._known[lower] = found
        if _WORD.fullmatch(name) is None:
            self._unlike_words.add(lower)
        return found

    def _subscription(self, name: str) -> str:
        found = str(uuid.UUID(self._digest(name.lower())[:32]))
        self._known[name.lower()] = found
        return found

    def _digest(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _value(self, key: str, value: object) -> object:
        lower = key.lower()
        if isinstance(value, str):
            if lower in _NOTES:
                return ""
            if _ID.match(value):
                return self.arm_id(value)
            return self.name(value) if lower in _NAMES else value
        if isinstance(value, list):
            inner = "name" if lower in _LISTS_OF_NAMES else "" if lower in _NAMES else key
            return [self._value(inner, each) for each in value]
        if isinstance(value, Mapping):
            if lower in _NOT_OURS:
                return {
                    name: each if name.lower() == "name" else self._value(name, each) for name, each in value.items()
                }
            return self.document(value)
        return value
