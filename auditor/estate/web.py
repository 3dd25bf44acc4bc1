"""App Service resources as typed values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingEnvironment:
    """An App Service Environment.

    kind: "ASEV1", "ASEV2", "ASEV3" in upper case, "" where the document does not say.
    subnet: comparing id of its subnet, "" where the document does not say.
    internal: whether its applications have a private address only; None where the document does not say.
    linux_workers: `hasLinuxWorkers`; None where the document does not say.
    """

    id: str
    name: str
    kind: str
    location: str
    subnet: str
    internal: bool | None
    linux_workers: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A site or an App Service plan. environment, plan: comparing ids of its ASE and, of a site, its plan; or "".

    linux: None where the document does not say.
    """

    id: str
    name: str
    environment: str
    plan: str
    linux: bool | None
