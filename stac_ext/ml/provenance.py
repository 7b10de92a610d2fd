"""Where each value that an item says about its model comes from, as a table of lines to read."""

import json
from typing import Any, Final

from stac_ext.ml.known import Known, ModelFacts
from stac_ext.ml.ml_model import PREFIX, MlModel
from stac_ext.ml.mlm import sourced
from stac_ext.model import Told
from stac_ext.sanitize import clean_line

NOT_KNOWN: Final = "no source tells it"
_MAX_SHOWN: Final = 200


def provenance(model: MlModel, facts: ModelFacts, mlm_facts: ModelFacts | None) -> tuple[Told, ...]:
    """The fields of ml-model, of MLM where the item has them, the stored types, and the evaluations by source."""
    rows: list[Told] = []
    for name, value in model.properties().items():
        told: Known[str] | None = getattr(facts, name.removeprefix(f"{PREFIX}:").replace("-", "_"), None)
        if name != f"{PREFIX}:type":
            rows.append(Told(name, value, told.source if told else NOT_KNOWN))
    if mlm_facts is not None:
        rows += [Told(name, _shown(told.value), told.source) for name, told in sourced(mlm_facts).items()]
    if facts.weights_types is not None:
        rows.append(Told("weights", _shown(facts.weights_types.value), facts.weights_types.source))
    sources = dict.fromkeys(told.source for told in facts.evaluations)
    for source in sources:
        count = sum(told.source == source for told in facts.evaluations)
        rows.append(Told("sharinghub:evaluations", "1 result" if count == 1 else f"{count} results", source))
    return tuple(rows)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return clean_line(value, _MAX_SHOWN)
    if isinstance(value, tuple) and value and hasattr(value[0], "name"):
        return clean_line(", ".join(entry.name for entry in value), _MAX_SHOWN)
    if isinstance(value, tuple):
        return clean_line(", ".join(map(str, value)), _MAX_SHOWN)
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    return clean_line(json.dumps(value, ensure_ascii=False), _MAX_SHOWN)
