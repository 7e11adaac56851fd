"""The description of the port, and that it holds for what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hydrogen.errors import ErrorCodes
from hydrogen.web.door import Door
from hydrogen.web.openapi import openapi_document
from hydrogen.web.settings import WebSettings
from hydrogen.web.table import all_endpoints
from tests.web.conftest import Web

Document = dict[str, Any]


@pytest.fixture
async def document(web: Web) -> Document:
    house = web.server._house
    endpoints = all_endpoints(Door(house.authority, WebSettings(), house.proxies), house)
    return openapi_document(endpoints, house.registry.describe())


def operations_of(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield method.upper(), path, told


def references_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from references_in(inner)


async def test_the_served_document_is_this_one_and_is_not_sent_twice(web: Web, document: Document) -> None:
    answer = await web.ask("GET", "/openapi.json")
    assert (answer.status, answer.json) == (200, document)
    assert (await web.ask("GET", "/openapi.json", headers={"If-None-Match": answer.headers["etag"]})).status == 304
    assert (await web.ask("GET", "/openapi.json", key=None)).status == 401


def test_every_operation_of_the_registry_is_a_path_with_its_own_schema(web: Web, document: Document) -> None:
    registry = web.server._house.registry
    for name in registry.names:
        told = document["paths"][f"/api/operations/{name}"]["post"]
        assert told["operationId"] == name
        schema = told["requestBody"]["content"]["application/json"]["schema"]
        assert set(schema["properties"]) == {"printer", "params", "idempotency_key", "issued_at"}
        assert set(schema["properties"]["params"]["properties"]) == set(registry.get(name).params.model_fields)
        assert "result" in told["responses"]["200"]["content"]["application/json"]["schema"]["properties"]


def test_errors_are_documented_for_each_path_and_name_their_codes(document: Document) -> None:
    for method, path, told in operations_of(document):
        assert {"403", "429", "500", "503"} <= set(told["responses"]), (method, path)
        if told["security"]:
            assert "401" in told["responses"], (method, path)
        if "application/json" in told.get("requestBody", {}).get("content", {}):
            assert {"400", "413", "415"} <= set(told["responses"]), (method, path)
    for refusal in document["components"]["responses"].values():
        codes = set(re.findall(r"`(\w+)`", refusal["description"]))
        assert codes and codes <= ErrorCodes.known()


def test_names_are_unique_paths_have_their_parameters_and_references_lead_somewhere(document: Document) -> None:
    names = [told["operationId"] for _, _, told in operations_of(document)]
    assert len(names) == len(set(names))
    for _, path, told in operations_of(document):
        told_of = [one["name"] for one in told.get("parameters", ()) if one["in"] == "path"]
        assert told_of == re.findall(r"\{(\w+)\}", path)
        assert told["summary"] and told["description"] and told["tags"]
    for reference in references_in(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_schemas_are_schemas(document: Document) -> None:
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert schema.get("type") == "object" or "enum" in schema or "anyOf" in schema, name
    for _, _, told in operations_of(document):
        for content in told.get("requestBody", {}).get("content", {}).values():
            Draft202012Validator.check_schema(content["schema"])


def test_a_scope_is_a_role_of_the_security_and_open_paths_have_none(document: Document) -> None:
    assert document["paths"]["/api/system/health"]["get"]["security"] == []
    assert document["paths"]["/api/system/config"]["get"]["security"][0] == {"keyHeader": ["admin"]}
    assert document["paths"]["/api/auth/ticket"]["post"]["security"][0] == {"keyHeader": []}


def test_a_parameter_of_the_query_that_may_be_left_out_is_never_null(document: Document) -> None:
    parameters = {one["name"]: one for one in document["paths"]["/api/jobs"]["get"]["parameters"]}
    assert parameters["printer"]["schema"]["type"] == "string" and not parameters["printer"]["required"]
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}
