"""Proves that the list of rules is the rules that the code tells problems by: none is missing, none is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stac_ext.rules import BY_NAME, RULES, WARNING, Severity, severity_of

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    *sorted((ROOT / "stac_ext").rglob("*.py")),
    ROOT / "gitlab_hooks" / "indexer.py",
    *sorted((ROOT / "sharinghub_ext" / "lint").rglob("*.py")),
]
TELLING = {"add", "Problem", "_tell", "refuse"}
SHARED = "stac_ext/items/yaml_fields.py"
# Where the name of a rule is put together or handed on, and what it can be there.
HANDED_ON = {
    ("stac_ext/items/front_matter.py", "rule"): {"readme-binary", "readme-lfs", "readme-encoding", "readme-control"},
    ("stac_ext/items/yaml_fields.py", "f'{self._rule}-{fault}'"): set(),
    ("stac_ext/ml/blocks.py", "f'{prefix}-block'"): {"ml-model-block", "mlm-block"},
    ("stac_ext/dvc/secrets.py", "RULE"): {"dvc-remote-secret"},
}


def calls(file: Path) -> Iterator[tuple[str, ast.Call, frozenset[str]]]:
    """Each call by the name that is called, with the parameters of the function around it."""

    def walk(node: ast.AST, parameters: frozenset[str]) -> Iterator[tuple[str, ast.Call, frozenset[str]]]:
        if isinstance(node, ast.FunctionDef):
            parameters = frozenset(one.arg for one in node.args.args) if node.name in TELLING else frozenset()
        if isinstance(node, ast.Call):
            called = node.func
            yield called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""), node, parameters
        for child in ast.iter_child_nodes(node):
            yield from walk(child, parameters)

    yield from walk(ast.parse(file.read_text()), frozenset())


def used() -> set[str]:
    """Every rule that a problem can be told by. Fails where a name comes from a place that is not known here."""
    rules: set[str] = set()
    faults: dict[str, set[str]] = {}
    prefixes: dict[str, str] = {}
    for file in FILES:
        name = str(file.relative_to(ROOT))
        for called, call, parameters in calls(file):
            first = call.args[0] if call.args else None
            if called == "YamlReader":
                prefixes[name] = next(ast.literal_eval(one.value) for one in call.keywords if one.arg == "rule")
            elif called == "say" and isinstance(first, ast.Constant):
                faults.setdefault(name, set()).add(first.value)
            elif called in TELLING and first is not None and len(call.args) + len(call.keywords) > 1:
                if isinstance(first, ast.Constant):
                    rules.add(first.value)
                elif not (isinstance(first, ast.Name) and first.id in parameters):
                    assert (name, ast.unparse(first)) in HANDED_ON, f"{name}:{call.lineno}: which rules are these?"
                    rules |= HANDED_ON[name, ast.unparse(first)]
    for name, prefix in prefixes.items():
        rules |= {f"{prefix}-{fault}" for fault in faults[SHARED] | faults.get(name, set())}
    return rules


def test_every_rule_of_the_code_is_listed() -> None:
    assert used() - BY_NAME.keys() == set()


def test_every_rule_that_is_listed_is_one_of_the_code() -> None:
    assert BY_NAME.keys() - used() == set()


def test_the_rules_that_are_handed_on_stand_where_they_are_made() -> None:
    text = "".join(file.read_text() for file in FILES)
    for told in HANDED_ON.values():
        for rule in told:
            assert f'"{rule}"' in text or rule.endswith("-block")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_a_name_and_two_sentences(rule: object) -> None:
    assert isinstance(rule, type(RULES[0]))
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    for sentence in (rule.meaning, rule.fix):
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence[0] == "`"
        assert "|" not in sentence


def test_no_rule_is_listed_twice() -> None:
    assert len(BY_NAME) == len(RULES)


def test_secrets_and_lost_sources_are_errors_and_lost_fields_are_warnings() -> None:
    assert severity_of("dvc-remote-secret") is Severity.ERROR
    assert severity_of("front-matter-end") is Severity.ERROR
    assert severity_of("spatial-extent") is Severity.WARNING
    assert severity_of("licence-from-text") is Severity.INFO
    assert severity_of("a-rule-of-tomorrow") is WARNING
    assert Severity.INFO < Severity.WARNING < Severity.ERROR
