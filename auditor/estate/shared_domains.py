"""Domains of Azure under which anyone may own a name, in every cloud.

Sources: Reference list of Azure domains, 2020-07-07,
https://learn.microsoft.com/azure/security/fundamentals/azure-domains; Prevent dangling DNS entries and avoid subdomain
takeover, 2025-04-16, https://learn.microsoft.com/azure/security/fundamentals/subdomain-takeover.
"""

SHARED_DOMAINS = frozenset(
    {
        "azure-api.net",
        "azure-mobile.net",
        "azurecontainer.io",
        "azurecr.io",
        "azureedge.net",
        "azurefd.net",
        "azurewebsites.net",
        "blob.core.windows.net",
        "chinacloudapp.cn",
        "cloudapp.azure.com",
        "cloudapp.net",
        "database.windows.net",
        "file.core.windows.net",
        "onmicrosoft.com",
        "origin.mediaservices.windows.net",
        "queue.core.windows.net",
        "servicebus.windows.net",
        "table.core.windows.net",
        "trafficmanager.net",
        "usgovcloudapp.net",
        "visualstudio.com",
        "vo.msecnd.net",
    }
)
"""Where what stands left of the domain is chosen by its owner, whoever that is."""

_BY_REGION = ("azurecontainer.io", "cloudapp.azure.com")
"""Domains whose owners choose a name under that of a region."""


def holds_anyones_names(target: str) -> bool:
    """Tell whether a target FQDN, normalised, is a pattern under which anyone may own a name: "*", "*.windows.net"."""
    if not target.startswith("*"):
        return False
    domain = target.lstrip("*.")
    if "." not in domain:
        return True  # every name there is, or every name of a top-level domain
    if domain.partition(".")[2] in _BY_REGION:
        return True
    return any(each == domain or each.endswith(f".{domain}") for each in SHARED_DOMAINS)
