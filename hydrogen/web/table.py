"""Everything the HTTP port answers to, in the order in which a request is matched."""

from __future__ import annotations

from hydrogen.web.analysis import AnalysisRoutes
from hydrogen.web.authentication import AuthenticationRoutes
from hydrogen.web.command import Commander
from hydrogen.web.documents import DocumentRoutes
from hydrogen.web.door import Door
from hydrogen.web.endpoint import Endpoint
from hydrogen.web.files import FileRoutes
from hydrogen.web.house import WebHouse
from hydrogen.web.house_state import StateRoutes
from hydrogen.web.jobs import JobRoutes
from hydrogen.web.logs import LogRoutes
from hydrogen.web.metrics import MetricRoutes
from hydrogen.web.operations import OperationRoutes
from hydrogen.web.person import PersonDoor
from hydrogen.web.print_queue import QueueRoutes
from hydrogen.web.queue_alias import QueueAliasRoutes
from hydrogen.web.queue_page import QueuePage
from hydrogen.web.system import SystemRoutes


def all_endpoints(door: Door, house: WebHouse) -> list[Endpoint]:
    """The route table of the house."""
    commander, person = Commander(door, house.registry), PersonDoor(door)
    queue = QueueRoutes(commander)
    table = [
        *AuthenticationRoutes(door, house.audit).endpoints,
        *SystemRoutes(status=house.status, version=house.version, configuration=house.configuration).endpoints,
        *AnalysisRoutes(house.analyses).endpoints,
        *FileRoutes(door, house).endpoints,
        *StateRoutes(house.context).endpoints,
        *queue.endpoints,
        *QueueAliasRoutes(commander, house.context, queue, house.analyses).endpoints,
        *QueuePage(person, commander).endpoints,
        *JobRoutes(commander).endpoints,
        *OperationRoutes(commander, house.registry).endpoints,
        *LogRoutes(door, house.registry).endpoints,
        *MetricRoutes(house.metrics).endpoints,
    ]
    for mount in house.mounts:
        table += mount(door, house)
    table += DocumentRoutes(person, house.registry, lambda: table).endpoints
    return table
