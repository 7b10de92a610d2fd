"""What an item says about a model: the facts of all its sources merged, by both vocabularies.

The order in which sources win: front matter (`ml-model` first for ml-model, `mlm` first for MLM), card metadata,
`MLmodel`, GitLab's model registry, heads of model files, the project's name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from stac_ext.ml import evaluations, ml_model, mlm
from stac_ext.ml.artifacts import Artifacts
from stac_ext.ml.blocks import is_key_of
from stac_ext.ml.card import read_card, read_keys
from stac_ext.ml.heads import ModelFiles, read_heads
from stac_ext.ml.known import Known, ModelFacts, merge
from stac_ext.ml.ml_model import MlModel
from stac_ext.ml.mlm import Mlm
from stac_ext.ml.mlm_declared import Declared, model_name_of
from stac_ext.ml.mlm_declared import read_declared as read_mlm
from stac_ext.ml.mlmodel import MlflowModel, read_mlmodel
from stac_ext.ml.provenance import provenance
from stac_ext.ml.references import References, read_references
from stac_ext.ml.registry import read_registry
from stac_ext.model import ProjectFacts, Told
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, line_of

_T = TypeVar("_T")
_TOO_LARGE: Final = f"The item has no MLM fields, since they are larger than {mlm.MAX_BYTES // 1024} KiB."
_NO_FILE: Final = "The item has no MLM fields, since none of its assets is a file of the model."
_ADD_FILE: Final = "Make the file of the model an asset, with the role `mlm:model`."


@dataclass(frozen=True, slots=True)
class Model:
    """A model as an item shows it.

    `consumed` are the keys of the front matter that are shown elsewhere than in `sharinghub:extra`; `rest` is what of
    them is kept there. `facts` and `mlm_facts` hold every value with its source.
    """

    ml_model: MlModel = field(default_factory=MlModel)
    mlm: Mlm | None = None
    references: References = field(default_factory=References)
    artifacts: Artifacts = field(default_factory=Artifacts)
    facts: ModelFacts = field(default_factory=ModelFacts)
    mlm_facts: ModelFacts = field(default_factory=ModelFacts)
    notes: Mapping[str, str] = field(default_factory=dict)
    consumed: frozenset[str] = frozenset()
    rest: dict[str, Any] = field(default_factory=dict)
    unused: dict[str, Any] = field(default_factory=dict)

    def properties(self) -> dict[str, Any]:
        """The properties of both extensions, and `sharinghub:evaluations` and `sharinghub:metrics` where there are."""
        table = evaluations.table(self.facts.evaluations)
        metrics = evaluations.by_metric(self.facts.evaluations)
        return {
            **self.ml_model.properties(),
            **(self.mlm.properties() if self.mlm else {}),
            **({"sharinghub:evaluations": table} if table else {}),
            **({"sharinghub:metrics": metrics} if metrics else {}),
        }

    def extensions(self) -> list[str]:
        """The schemas that the properties follow."""
        return [ml_model.EXTENSION, *([mlm.EXTENSION] if self.mlm else [])]

    def asset_fields(self, path: str, roles: Sequence[str] = ()) -> dict[str, Any] | None:
        """The roles to add to an asset, its `mlm:` fields and `bands`; None where MLM says nothing about it."""
        told = self.artifacts.fields(path, roles) if self.mlm else None
        if told and self.mlm and mlm.MODEL_ROLE in told["roles"] and (bands := self.mlm.bands()):
            return {**told, "bands": bands}
        return told

    def asset_note(self, path: str) -> str | None:
        """One sentence that a file's own content tells about it."""
        return self.notes.get(path)

    def with_assets(self, assets: Iterable[tuple[str, Sequence[str]]], log: ProblemLog) -> "Model":
        """The model once its item's assets (path and roles) are known: without MLM if none of them is the model."""
        if self.mlm is None:
            return self
        for path, roles in assets:
            told = self.artifacts.fields(path, roles)
            if told and mlm.MODEL_ROLE in told["roles"]:
                return self
        log.add("mlm-incomplete", _NO_FILE, _ADD_FILE, field=mlm.PREFIX)
        return replace(self, mlm=None, rest={**self.rest, **self.unused})

    def provenance(self) -> tuple[Told, ...]:
        """Where each value comes from, for `sharinghub lint`."""
        return provenance(self.ml_model, self.facts, self.mlm_facts if self.mlm else None)


def read_model(fields: dict[str, Any], facts: ProjectFacts, log: ProblemLog) -> Model:
    """Everything about a model from its front matter and the project's facts. Raises for none of them."""
    nothing: tuple[ModelFacts, dict[str, Any]] = (ModelFacts(), {})
    own, own_rest = _guard("ml-model", lambda: ml_model.read_declared(fields, log), nothing, log)
    declared = _guard("mlm", lambda: read_mlm(fields, log), Declared(), log)
    card = _guard("card", lambda: read_card(fields, log), ModelFacts(), log)
    flow = _guard("MLmodel", lambda: read_mlmodel(facts.texts, log), MlflowModel(), log)
    registry = _guard("model registry", lambda: read_registry(facts.models), ModelFacts(), log)
    files = _guard("model files", lambda: read_heads(facts.ends, log), ModelFiles(), log)
    references = _guard("datasets", lambda: read_references(fields, log), References(), log)
    others = (card, flow.facts, registry, files.facts, _of_project(fields, facts))
    merged, mlm_facts = merge(own, declared.facts, *others), merge(declared.facts, own, *others)
    found, missing = mlm.complete(mlm_facts)
    unused = _unused(fields, declared, mlm_facts)
    if found is None:
        mlm.report_missing(missing, log)
    elif mlm.is_too_large(found):
        log.add("mlm-size", _TOO_LARGE, "Name fewer inputs, bands and classes.", field=mlm.PREFIX)
        found = None
    rest = {
        **({ml_model.PREFIX: own_rest} if own_rest else {}),
        **({mlm.PREFIX: declared.rest} if declared.rest else {}),
        **(unused if found is None else {}),
    }
    linked = {told.field for told in (*references.train_data, *references.base_models)}
    keys = {key for key in fields if is_key_of(ml_model.PREFIX, key) or is_key_of(mlm.PREFIX, key)}
    return Model(
        ml_model=ml_model.complete(merged, own_rest, log),
        mlm=found,
        references=references,
        artifacts=Artifacts(declared.artifact_type, declared.compile_method, declared.entrypoint, files.formats),
        facts=merged,
        mlm_facts=mlm_facts,
        notes={**files.notes, **dict(flow.notes)},
        consumed=read_keys(fields, card) | keys | linked,
        rest=rest,
        unused=unused,
    )


def _unused(fields: dict[str, Any], declared: Declared, facts: ModelFacts) -> dict[str, Any]:
    """What is kept in `sharinghub:extra` where MLM is left out: the owner's words, and hyperparameters of others."""
    library = fields.get("library_name")
    told = facts.hyperparameters
    apart = told is not None and declared.facts.hyperparameters is None
    return {
        **({mlm.PREFIX: declared.block} if declared.block else {}),
        **({"hyperparameters": told.value} if told is not None and apart else {}),
        **({"library_name": library} if library is not None else {}),
    }


def _of_project(fields: dict[str, Any], facts: ProjectFacts) -> ModelFacts:
    """The name that a model has when nothing gives it one: its item's title, or the last part of its path."""
    texts = {
        "README.md front matter title": line_of(fields.get("title"), 300),
        "project name": clean_line(facts.name, 300),
        "project path": clean_line(facts.path, 300).rpartition("/")[2],
    }
    names = ((source, model_name_of(text)) for source, text in texts.items() if text)
    return next((ModelFacts(name=Known(name, source)) for source, name in names if name), ModelFacts())


def _guard(what: str, read: Callable[[], _T], otherwise: _T, log: ProblemLog) -> _T:
    try:
        return read()
    except Exception as error:
        said = f"`{what}` could not be read ({type(error).__name__}); this is a fault of the catalogue."
        log.add("internal-error", said, "Report it to those who run the catalogue.")
        return otherwise
