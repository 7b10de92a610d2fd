"""POST /api/graphql: who asks, is the query small enough, and what is the answer."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import auth
from gitlab_hooks.standin.calls import READ
from gitlab_hooks.standin.gql import code, projects, queries, registries
from gitlab_hooks.standin.gql.complexity import ADMIN, ANONYMOUS, ANONYMOUS_DEPTH, SIGNED_IN, SIGNED_IN_DEPTH, Meter
from gitlab_hooks.standin.gql.context import Context
from gitlab_hooks.standin.model import User
from gitlab_hooks.standin.parameters import ApiError
from gitlab_hooks.standin.world import World

LONGEST_QUERY = 10_000


@cache
def schema() -> GraphQLSchema:
    """The schema with its resolvers."""
    built = build_schema((Path(__file__).parent / "schema.graphql").read_text())
    for table in (queries.RESOLVERS, code.RESOLVERS, {"Project": projects.RESOLVERS}, registries.RESOLVERS):
        for name, fields in table.items():
            kind: Any = built.type_map[name]
            for field, resolver in fields.items():
                kind.fields[field].resolve = resolver
    return built


def _error(message: str, status: int = 200) -> Response:
    return JSONResponse({"errors": [{"message": message}]}, status)


def answer(world: World, headers: dict[str, str], query: dict[str, Any], body: dict[str, Any]) -> Response:
    """The whole answer to one request (a single query, or a list of them as `_json`)."""
    try:
        user, _ = auth.authenticate(world, headers, query, READ)
    except ApiError as refusal:
        # GraphqlController#authorize_access_api!: whatever is wrong with a token, too few scopes among it, it is
        # invalid; only an account that may not use the API is told so.
        blocked = refusal.status == 403 and "error" not in refusal.body
        return _error("API not accessible for user", 403) if blocked else _error("Invalid token", 401)
    asked = body.get("_json", body)
    many = asked if isinstance(asked, list) else [asked]
    if not all(isinstance(item, dict) for item in many):
        return _error("Unexpected end of document")
    if sum(len(str(item.get("query") or "")) for item in many) > LONGEST_QUERY:
        return _error("Query too large", 422)
    answers = []
    for item in many:
        variables = item.get("variables") or {}
        if isinstance(variables, str):
            try:
                variables = json.loads(variables)
            except ValueError:
                variables = None
        if not isinstance(variables, dict):
            return _error("Unexpected parameter: variables", 422)
        answers.append(run(world, user, str(item.get("query") or ""), variables, item.get("operationName")))
    return JSONResponse(answers if isinstance(asked, list) else answers[0])


def run(world: World, user: User | None, text: str, variables: dict[str, Any], name: str | None) -> dict[str, Any]:
    """The answer to one query. Errors of any kind are an answer too."""
    document, wrong = _understood(text)
    if document is None:
        return {"errors": [_shape(error) for error in wrong]}
    operation = get_operation_ast(document, name)
    if operation is None:
        return {"errors": [{"message": "An operation name is required"}]}
    if operation.operation is not OperationType.QUERY:
        return {"errors": [{"message": "Schema is not configured for mutations"}]}
    too_much = _limits(user, document, operation, variables)
    if too_much:
        return {"errors": [{"message": message} for message in too_much]}
    result = execute_sync(
        schema(),
        document,
        variable_values=variables,
        operation_name=name,
        context_value=Context(world, world.reader(user)),
    )
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        found["errors"] = [_shape(error) for error in result.errors]
    return found


@lru_cache(256)
def _understood(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """A query that is right by the schema, or what is wrong with it. Clients ask the same few again and again."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    errors = validate(schema(), document)
    return (None, tuple(errors)) if errors else (document, ())


def _limits(
    user: User | None, document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, Any]
) -> list[str]:
    if operation.name and operation.name.value == "IntrospectionQuery":
        return []
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    for definition in operation.variable_definitions or ():
        default: Any = definition.default_value
        if default is not None and hasattr(default, "value"):
            variables = {definition.variable.name.value: default.value, **variables}
    meter = Meter(schema(), fragments, variables)
    cost = meter.cost(operation)
    most = ANONYMOUS if user is None else ADMIN if user.admin else SIGNED_IN
    deepest = ANONYMOUS_DEPTH if user is None else SIGNED_IN_DEPTH
    found = []
    if cost > most:
        found.append(f"Query has complexity of {cost}, which exceeds max complexity of {most}")
    if meter.depth > deepest:
        found.append(f"Query has depth of {meter.depth}, which exceeds max depth of {deepest}")
    return found


def _shape(error: GraphQLError) -> dict[str, Any]:
    found: dict[str, Any] = {"message": error.message}
    if error.locations:
        found["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        found["path"] = error.path
    return found
