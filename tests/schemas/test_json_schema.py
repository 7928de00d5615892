"""The JSON Schemas that editors use."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from linkage.schemas.json_schema import DIALECT, charter_json_schema, rubric_json_schema
from linkage.schemas.yaml_source import read_yaml


def _as_an_editor_sees_it(value: Any) -> Any:
    """Editors check days as text and decimals as numbers."""
    if isinstance(value, dict):
        return {key: _as_an_editor_sees_it(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_as_an_editor_sees_it(child) for child in value]
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def test_sample_charters_fit_the_schema(charter_path):
    """What the check accepts, the editor's schema accepts too."""
    value = _as_an_editor_sees_it(read_yaml(charter_path.read_bytes()).value)

    jsonschema.Draft202012Validator(charter_json_schema()).validate(value)


def test_sample_rubrics_fit_the_schema(rubric_path):
    """What the check accepts, the editor's schema accepts too."""
    value = _as_an_editor_sees_it(read_yaml(rubric_path.read_bytes()).value)

    jsonschema.Draft202012Validator(rubric_json_schema()).validate(value)


@pytest.mark.parametrize("schema", [charter_json_schema(), rubric_json_schema()], ids=["charter", "rubric"])
def test_schema_is_valid_and_explains_every_field_in_chinese(schema):
    """Every key has help that a social worker can read while typing."""
    jsonschema.Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == DIALECT
    for definition in (schema, *schema["$defs"].values()):
        for field in definition.get("properties", {}).values():
            assert any("\u4e00" <= character <= "\u9fff" for character in field["description"]), field


@pytest.mark.parametrize(
    ("old", "new"),
    [("kind: village\n", "kind: 村\n"), ("  aims:\n", "  amis:\n"), ("cycle_months: 3", "cycle_months: 30")],
    ids=["enum", "key", "range"],
)
def test_schema_refuses_what_an_editor_can_see(drum_tower, old, new):
    """Misspelt keys, unknown words and numbers out of range are marked while typing."""
    value = _as_an_editor_sees_it(read_yaml(drum_tower.replace(old, new, 1)).value)

    assert not jsonschema.Draft202012Validator(charter_json_schema()).is_valid(value)
