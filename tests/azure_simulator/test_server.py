"""The server itself: connections, threads, failures, size."""

import os
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from unittest import mock

import msgspec
import pytest
from azure.core.exceptions import AzureError

from tests.azure_simulator import AzureSimulator
from tests.azure_simulator.answers import Asked
from tests.azure_simulator.arm import Arm
from tests.azure_simulator.clock import FakeClock
from tests.azure_simulator.graph import Graph
from tests.azure_simulator.quota import Window
from tests.azure_simulator.sdk import TABLES, network_id, route_table, signed_in, snapshot
from tests.azure_simulator.served import Served
from tests.azure_simulator.serving import Listener

ESTATE = snapshot(route_table("rt-a"))
TABLE = network_id("routeTables", "rt-a")


def test_simulators_run_side_by_side_and_leave_nothing_behind() -> None:
    """Each has a port of its own; when they end, so do their threads, their certificate and their port."""
    before = threading.active_count()
    with AzureSimulator(ESTATE) as one, AzureSimulator(ESTATE) as two:
        assert one.endpoint != two.endpoint
        certificate = Path(one.environment["REQUESTS_CA_BUNDLE"])
        assert certificate.is_file()
        port = int(one.endpoint.rpartition(":")[2])

    assert threading.active_count() == before
    assert not certificate.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_connections_that_are_still_open_do_not_keep_it() -> None:
    """It ends at once, whether clients hold a connection, idle or in the middle of the handshake."""
    begun = time.monotonic()
    with socket.socket() as silent, AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        silent.connect(("127.0.0.1", int(azure.endpoint.rpartition(":")[2])))
        assert sdk.get(TABLE).status_code == 200
        azure.__exit__(None, None, None)

    assert time.monotonic() - begun < 10


def test_client_that_does_not_trust_it_is_no_failure() -> None:
    """A client without the certificate is turned away by itself, and the simulator goes on."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        address = ("127.0.0.1", int(azure.endpoint.rpartition(":")[2]))
        context = ssl.create_default_context()
        with socket.create_connection(address) as plain, pytest.raises(ssl.SSLError), suppress(ConnectionError):
            context.wrap_socket(plain, server_hostname="localhost").close()
        assert sdk.get(TABLE).status_code == 200


def test_failure_of_the_simulator_itself_is_raised() -> None:
    """A fault in the simulator is no fault of Azure: it ends the test that uses it."""
    azure = AzureSimulator(ESTATE)
    with mock.patch.object(Arm, "answer", side_effect=ZeroDivisionError("broken")):
        azure.__enter__()
        with signed_in(azure) as sdk, pytest.raises(AzureError):
            sdk.get(TABLE)
    with pytest.raises(RuntimeError, match="the simulator itself failed: ZeroDivisionError"):
        azure.__exit__(None, None, None)


def test_many_clients_at_once_are_all_answered() -> None:
    """Requests of many threads are answered, counted and logged, each once."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk, ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: sdk.get(TABLE).status_code, range(80)))

        assert statuses == [200] * 80
        assert len(azure.requests) == 80


def test_connection_is_kept_for_the_next_request() -> None:
    """A client that keeps its connection does not shake hands again."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        with mock.patch.object(Listener, "get_request", autospec=True, side_effect=Listener.get_request) as accepted:
            for _ in range(5):
                sdk.get(TABLE)

        assert accepted.call_count == 2  # one for the token, one for everything else


def test_page_size_is_one_azure_could_have() -> None:
    """A page of more than 1,000 entries, or of none, is refused at once."""
    for size in (0, 1_001):
        with pytest.raises(ValueError, match="1 to 1000 entries"):
            AzureSimulator(ESTATE, page_size=size)


def test_page_of_a_large_tenant_costs_no_more_than_its_rows() -> None:
    """A query over many rows is evaluated once; the pages after the first are slices of it."""
    estate = snapshot(*(route_table(f"rt-{number:06}") for number in range(5_000)))
    graph = Graph(Served(estate), 1_000, Window(1_000, 5.0, FakeClock()))
    with mock.patch.object(Graph, "_select", autospec=True, side_effect=Graph._select) as select:  # noqa: SLF001
        token = None
        count = 0
        while count == 0 or token:
            options = {"$top": 1_000, **({"$skipToken": token} if token else {})}
            asked = Asked(
                method="POST",
                path="",
                parameters={"api-version": "2021-03-01"},
                body={"query": TABLES, "options": options},
            )
            answer, _ = graph.answer(asked, (), ())
            count += len(msgspec.json.decode(msgspec.json.encode(answer.body))["data"])
            token = answer.body.get("$skipToken")

    assert count == 5_000
    assert select.call_count == 1


def test_proxy_of_the_environment_is_not_asked() -> None:
    """With a proxy in the environment, requests to the simulator still go to it directly."""
    proxies = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    with mock.patch.dict(os.environ, proxies), AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        assert sdk.get(TABLE).status_code == 200
