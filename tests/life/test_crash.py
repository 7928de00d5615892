"""Kill -9 at every boundary of every stage, run again: the same world, and nobody told twice."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from linkage.db.base import Base, Owned
from linkage.db.vault import Vault
from linkage.db.work import Work
from linkage.settings import Settings, load_settings
from linkage.terms import Stage
from tests.life.conftest import live, short_charter

# Leases and the clock's hand say who works when, not what is true; hashes cover ciphertexts, whose nonces differ.
_NOT_CONTENT = {
    "project": {"lease_holder", "lease_until_at", "due_at"},
    "message": {"lease_until_at", "attempt_count"},
    "audit_entry": {"changes_sha256", "previous_hash", "hash"},
    "report": {"audit_hash", "html_file_id", "pdf_file_id"},
}
_HASH = re.compile(r"\b[0-9a-f]{64}\b")  # of a paper that prints the audit head: it covers ciphertexts too
# What a second try leaves behind by design: the attempt that died, and the outbox's entries about it.
_OF_TRYING = {"message_attempt", "audit_entry", "stored_file"}


def _settings(folder: Path, url: str) -> Settings:
    environment = {"LINKAGE_KEY_FILE": str(folder.parent / "linkage.key")}
    environment |= {"LINKAGE_DATABASE_URL": url} if url else {}
    return load_settings(environment, data_folder=folder / "data")


def _content(folder: Path, url: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """Read every table, sealed columns opened, without what is no content."""
    work = Work.open(_settings(folder, url))
    found: dict[str, list[tuple[Any, ...]]] = {}
    (organization_id,) = work.organizations().values()
    with work.read(organization_id) as session:
        for mapper in Base.registry.mappers:
            table = mapper.local_table
            if table.name in _OF_TRYING or not issubclass(mapper.class_, Owned):
                continue
            skipped = _NOT_CONTENT.get(table.name, set())
            rows = session.execute(select(table).order_by(table.c.id)).mappings()
            found[table.name] = [
                tuple(_opened(work.vault, table.name, column, row) for column in row if column not in skipped)
                for row in rows
            ]
    work.close()
    return found


def _opened(vault: Vault, table: str, column: str, row: Any) -> Any:
    value = row[column]
    if column.endswith("_sealed") and value is not None:
        return _HASH.sub("#", vault.unseal(row["organization_id"], f"{table}.{column}", row["id"], value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _told(folder: Path) -> Counter[str]:
    """Count the mails in the mailbox by their identity."""
    mails = (message_from_bytes(path.read_bytes(), policy=default) for path in (folder / "data/mailbox").rglob("*.eml"))
    return Counter(str(mail["Message-ID"]) for mail in mails)


pytestmark = [pytest.mark.xdist_group("life"), pytest.mark.timeout(1200)]


def test_killed_at_every_boundary_gives_the_same_world(undisturbed: Path, tmp_path: Path) -> None:
    """Killed at boundary after boundary and started again, a life ends with the rows of an undisturbed one.

    Every run kills where each stage has just been left, and at steps spread over the whole life;
    LINKAGE_TEST_EVERY_BOUNDARY=1 kills before and after every step.
    """
    reached = (undisturbed / "boundaries").read_text().splitlines()
    stages = {label.split("|")[1] for label in reached} - {"told"}
    (tmp_path / "new_boundaries").write_text("1" if os.environ.get("LINKAGE_TEST_EVERY_BOUNDARY") else "40")
    kills = 0
    while live(tmp_path) != 0:
        kills += 1

    assert len(stages) == len(Stage) * len(short_charter().cycles())
    assert kills >= len(stages)
    assert sorted(reached) == sorted((tmp_path / "boundaries").read_text().splitlines())
    expected, found = _content(undisturbed), _content(tmp_path)
    assert {name: len(rows) for name, rows in expected.items()} == {name: len(rows) for name, rows in found.items()}
    for table, rows in expected.items():
        assert rows == found[table], table
    assert _told(undisturbed) == _told(tmp_path)
    assert set(_told(tmp_path).values()) == {1}


def test_postgresql_gives_the_same_world(undisturbed: Path, tmp_path: Path, postgres_url: str) -> None:
    """The same life on PostgreSQL ends with the same rows as on SQLite, ids and instants included."""
    assert live(tmp_path, postgres_url) == 0

    expected, found = _content(undisturbed), _content(tmp_path, postgres_url)
    for table, rows in expected.items():
        assert rows == found[table], table
    assert _told(undisturbed) == _told(tmp_path)
