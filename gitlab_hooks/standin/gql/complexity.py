"""What a query costs, counted before it runs as GitLab counts it (app/graphql/types/base_field.rb, base_resolver.rb).

A field costs 1, one more when it asks git. A field with arguments of its own (a resolver) costs one more when it is
sorted, five more when it is searched, and blobs one more for each path (app/graphql/resolvers/blobs_resolver.rb). A
connection adds 1 % of all that for each node a page may hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

LARGEST_PAGE = 100
ANONYMOUS, SIGNED_IN, ADMIN = 200, 250, 300
ANONYMOUS_DEPTH, SIGNED_IN_DEPTH = 15, 20
ASKS_GIT = {
    "Project": {"languages"},
    "Repository": {"empty", "exists", "rootRef", "tree", "paginatedTree", "blobs", "branchNames"},
    "RepositoryBlob": {"rawTextBlob", "plainData"},
    "Tree": {"lastCommit"},
}


class Meter:
    """Counts one operation of one document."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: dict[str, Any]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self.depth = 0

    def cost(self, operation: OperationDefinitionNode) -> int:
        """The cost of an operation; `depth` is known afterwards."""
        root = self._schema.query_type
        assert root is not None
        return self._selections(root, [operation.selection_set], 1)

    def _selections(self, parent: GraphQLObjectType, sets: list[SelectionSetNode], depth: int) -> int:
        self.depth = max(self.depth, depth)
        fields: dict[str, list[FieldNode]] = {}
        for selections in sets:
            self._collect(selections, fields)
        return sum(self._field(parent, nodes, depth) for nodes in fields.values())

    def _collect(self, selections: SelectionSetNode, fields: dict[str, list[FieldNode]]) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                fields.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                self._collect(node.selection_set, fields)
            elif isinstance(node, FragmentSpreadNode) and node.name.value in self._fragments:
                self._collect(self._fragments[node.name.value].selection_set, fields)

    def _field(self, parent: GraphQLObjectType, nodes: list[FieldNode], depth: int) -> int:
        name = nodes[0].name.value
        field = parent.fields.get(name)
        if field is None:
            return 1
        kind = get_named_type(field.type)
        sets = [node.selection_set for node in nodes if node.selection_set]
        inner = self._selections(kind, sets, depth + 1) if isinstance(kind, GraphQLObjectType) and sets else 0
        cost = inner + 1 + (name in ASKS_GIT.get(parent.name, ()))
        if not field.args:
            return cost
        given = self._arguments(field, nodes[0])
        cost += (1 if given.get("sort") else 0) + (5 if given.get("search") else 0)
        if (parent.name, name) == ("Repository", "blobs"):
            cost += len(given.get("paths") or ())
        if kind.name.endswith("Connection"):
            sizes = [given[key] for key in ("first", "last") if isinstance(given.get(key), int)]
            cost += int(cost * min([*sizes, LARGEST_PAGE]) * 0.01)
        return cost

    def _arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        nodes = {name: arg.ast_node for name, arg in field.args.items()}
        given = {
            name: value_from_ast_untyped(found.default_value)
            for name, found in nodes.items()
            if found is not None and found.default_value is not None
        }
        named = node.arguments or ()
        return given | {arg.name.value: value_from_ast_untyped(arg.value, self._variables) for arg in named}
