"""The clouds Azure runs in: where to ask, who signs the tokens, and for what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from azure.core import AzureClouds
from azure.identity import AzureAuthorityHosts
from azure.mgmt.core.tools import get_arm_endpoints

from auditor.errors import LiveError

ENDPOINT_VARIABLE = "AUDITOR_ARM_ENDPOINT"
"""The environment variable that names another endpoint of Azure Resource Manager than that of the cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A cloud. endpoint: of Azure Resource Manager. authority: host that signs tokens. scopes: what tokens are for."""

    name: str
    setting: AzureClouds
    endpoint: str
    authority: str
    scopes: tuple[str, ...]

    @property
    def host(self) -> str:
        """Host and port of the endpoint, in lower case: every page of an answer must come from there."""
        return urlsplit(self.endpoint).netloc.lower()


_SETTINGS = {
    "public": (AzureClouds.AZURE_PUBLIC_CLOUD, AzureAuthorityHosts.AZURE_PUBLIC_CLOUD),
    "usgovernment": (AzureClouds.AZURE_US_GOVERNMENT, AzureAuthorityHosts.AZURE_GOVERNMENT),
    "china": (AzureClouds.AZURE_CHINA_CLOUD, AzureAuthorityHosts.AZURE_CHINA),
}


def cloud_named(name: str, environment: Mapping[str, str]) -> Cloud:
    """Return the cloud "public", "usgovernment" or "china".

    environment: variables of the process; AUDITOR_ARM_ENDPOINT replaces the endpoint. Raises LiveError where that is
    no https address.
    """
    setting, authority = _SETTINGS[name]
    known = get_arm_endpoints(setting)
    cloud = Cloud(
        name=name,
        setting=setting,
        endpoint=known["resource_manager"].rstrip("/"),
        authority=authority,
        scopes=tuple(known["credential_scopes"]),
    )
    other = environment.get(ENDPOINT_VARIABLE, "").rstrip("/")
    if not other:
        return cloud
    parts = urlsplit(other)
    if parts.scheme != "https" or not parts.netloc or parts.path:
        raise LiveError(f'{ENDPOINT_VARIABLE}: "{other}" is no endpoint; write it as https://host:port')
    return replace(cloud, endpoint=other)
