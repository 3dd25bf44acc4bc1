"""A simulator of Azure on loopback, for the real Azure SDK and the real azure-identity to run against.

`python -m tests.azure_simulator SNAPSHOT` starts it by hand.
"""

from tests.azure_simulator.clock import FakeClock, SystemClock
from tests.azure_simulator.faults import Fault, Kind
from tests.azure_simulator.schedules import random_schedule
from tests.azure_simulator.server import AzureSimulator, Request

__all__ = ["AzureSimulator", "FakeClock", "Fault", "Kind", "Request", "SystemClock", "random_schedule"]
