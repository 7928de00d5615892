"""The JSON Schema of each format says the same as its reader, as far as single values go."""

from __future__ import annotations

import jsonschema
import pytest

from linkage.imports.instances.schema import formats, instance_schema
from tests.imports.instances.conftest import EXAMPLES, changed


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_schema_is_sound_and_takes_the_example(name, example):
    """What the reader takes, the schema takes."""
    schema = instance_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.Draft202012Validator(schema).validate(example(name))


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("matching", "pairs.0.cost", "3"),
        ("matching", "pairs.0.kost", 3),
        ("roster", "shifts.0.seats", ...),
        ("roster", "objectives.0", "fairness"),
        ("surge", "retry_share", -1),
        ("rounds", "visits.0.window", [1]),
    ],
)
def test_the_schema_refuses_wrong_values(name, path, value, example):
    """What the reader refuses for its kind, the schema refuses."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(instance_schema(name)).validate(changed(example(name), path, value))


def test_every_key_is_explained():
    """Each key of each format has a note."""
    for name, record in formats().items():
        for key, what in record.keys.items():
            assert what.note, f"{name}.{key}"
