"""JSON Schema of the file formats, for editors: completion, help in Chinese, and a first check while typing.

The schema knows single values and keys; rules across sections are told by `check_charter` and `check_rubric`.
Descriptions come from the fields; the words of each closed list are explained by their labels.
"""

from __future__ import annotations

from typing import Any, Final

from linkage.schemas.charter import Charter
from linkage.schemas.record import Record
from linkage.schemas.rubric import Rubric
from linkage.terms import Term

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def charter_json_schema() -> dict[str, Any]:
    """Build the schema of a project charter (JSON Schema draft 2020-12)."""
    return _schema_of(Charter, "项目章程")


def rubric_json_schema() -> dict[str, Any]:
    """Build the schema of an assessment rubric (JSON Schema draft 2020-12)."""
    return _schema_of(Rubric, "评估方案")


def _schema_of(model: type[Record], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(mode="validation")
    labels = {term.__name__: {member.value: member.label for member in term} for term in Term.__subclasses__()}
    for name, definition in schema.get("$defs", {}).items():
        definition.pop("description", None)  # written for developers; the field's own description is for writers
        definition.pop("title", None)
        if name in labels:
            definition["description"] = "；".join(f"{word} {label}" for word, label in labels[name].items())
            definition["enumDescriptions"] = list(labels[name].values())
    schema.pop("description", None)
    return {"$schema": DIALECT, **schema, "title": title}
