"""The audited things of an estate: App Service Environments with their subnet and applications."""

from dataclasses import dataclass

from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.network import Subnet
from auditor.estate.web import App, HostingEnvironment

_ENVIRONMENTS = "microsoft.web/hostingenvironments"
_APP_KINDS = ("microsoft.web/sites", "microsoft.web/serverfarms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """An App Service Environment.

    subnet: None where it cannot be read. cloud: "public", "usgovernment" or "china".
    linux: whether it runs a Linux app or plan; None where the list of its apps cannot be told to be complete.
    linux_why: what the answer rests on, or what is missing for one.
    unread: why it could not be read at all, or why there may be more that were not; "" for one that was.
    """

    id: str
    name: str
    kind: str
    location: str
    cloud: str
    subnet_id: str
    subnet: Subnet | None
    internal: bool | None
    linux: bool | None
    linux_why: str
    unread: str = ""

    @property
    def place(self) -> str:
        """Its location as Azure Resource Manager names it: "westeurope"."""
        return "".join(self.location.split()).lower()


def find_workloads(estate: Estate) -> tuple[Workload, ...]:
    """Return every workload of an estate, by comparing id."""
    environments = [estate.environments[each] for each in sorted(estate.environments)]
    apps = _apps_by_environment(estate)
    stray = min((each.name for each in estate.apps.values() if _is_stray(estate, each) and each.linux), default="")
    read = [_workload(estate, each, apps.get(key(each.id), []), stray) for each in environments]
    return (*read, *_unread(estate))


def _unread(estate: Estate) -> list[Workload]:
    """Return a workload for every gap that may hide one: it is audited, as what cannot be decided."""
    found = [each for kind in ("*", _ENVIRONMENTS) for each in estate.gaps_by_kind.get(kind, ())]
    return [
        Workload(
            id=each.scope,
            name=each.scope.rpartition("/")[2] if f"/{_ENVIRONMENTS}/" in key(each.scope) else "(not read)",
            kind="",
            location="",
            cloud="public",
            subnet_id="",
            subnet=None,
            internal=None,
            linux=None,
            linux_why="",
            unread=each.why,
        )
        for each in found
    ]


def cloud_of(location: str) -> str:
    """Return the cloud an Azure location belongs to."""
    place = "".join(location.split()).lower()
    if place.startswith(("usgov", "usdod")):
        return "usgovernment"
    return "china" if place.startswith("china") else "public"


def _workload(estate: Estate, environment: HostingEnvironment, apps: list[App], stray: str) -> Workload:
    linux, why = _linux(estate, environment, apps, stray)
    return Workload(
        id=environment.id,
        name=environment.name,
        kind=environment.kind,
        location=environment.location,
        cloud=cloud_of(environment.location),
        subnet_id=environment.subnet,
        subnet=estate.subnets.get(environment.subnet),
        internal=environment.internal,
        linux=linux,
        linux_why=why,
    )


def _apps_by_environment(estate: Estate) -> dict[str, list[App]]:
    """Return apps and plans by the environment they run in, by their own word or their plan's."""
    found: dict[str, list[App]] = {}
    for each in sorted(estate.apps):
        app = estate.apps[each]
        plan = estate.apps.get(app.plan)
        environment = app.environment or (plan.environment if plan else "")
        found.setdefault(environment, []).append(app)
    return found


def _linux(estate: Estate, environment: HostingEnvironment, apps: list[App], stray: str) -> tuple[bool | None, str]:
    """Tell whether an environment runs Linux apps (A22); None unless the list of its apps was certainly read.

    stray: name of a Linux app whose environment is not known, "" where there is none.
    """
    linux = sorted(each.name for each in apps if each.linux)
    if linux:
        return True, f"{linux[0]} runs on Linux"
    if environment.linux_workers:
        return None, f"{environment.name} has Linux workers, but the source holds no Linux app or plan of it"
    gap = _app_gap(estate, environment)
    if gap:
        return None, gap
    if stray:
        return None, f"which environment the Linux app {stray} runs in is not known: its plan is not in the source"
    silent = sorted(each.name for each in apps if each.linux is None)
    if silent:
        return None, f"whether {silent[0]} runs on Linux is not in the source"
    listed = any(_subscription(each.id) == _subscription(environment.id) for each in estate.apps.values())
    if apps or estate.complete or (listed and environment.linux_workers is False):
        return False, f"none of the apps and plans of {environment.name} in the source runs on Linux"
    return (
        None,
        f"the source holds no apps or plans of {environment.name}; they may not have been collected",
    )


def _subscription(arm_id: str) -> str:
    return "/".join(key(arm_id).split("/")[:3])


def _app_gap(estate: Estate, environment: HostingEnvironment) -> str:
    """Return why apps of the same subscription may be missing; "" if none are."""
    gap = estate.may_hide(_APP_KINDS, _subscription(environment.id))
    return gap.why if gap else ""


def _is_stray(estate: Estate, app: App) -> bool:
    """Tell whether the environment of a site would be known from its plan, which is not in the source."""
    return not app.environment and app.plan not in estate.apps and "/serverfarms/" not in key(app.id)
