"""Sealing of personal values: AES-GCM bound to organisation, column and row, and keyed hashes for equality search.

This module decides how a personal value is stored; which columns are personal is said where they are declared.
Keys live in a file outside the database. A ciphertext moved to another row, column or organisation does not open.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from linkage.errors import MisconfiguredSetting

_FORMAT = 1
_NONCE_BYTES = 12
_INDEX_BYTES = 16


class BrokenSeal(Exception):
    """A sealed value does not open with this key at this place: it was moved, altered or sealed by another key."""


def _read_master(path: Path) -> tuple[int, dict[int, bytes]]:
    try:
        held = json.loads(path.read_text(encoding="ascii"))
        keys = {int(number): base64.b64decode(key, validate=True) for number, key in held["keys"].items()}
        current = int(held["current"])
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        message = f"{path}: not a readable key file; restore it from your backup (sealed columns need it)"
        raise MisconfiguredSetting(message) from error
    if current not in keys or any(len(key) != 32 for key in keys.values()):
        message = f"{path}: the key file names key {current} but does not hold it whole; restore it from your backup"
        raise MisconfiguredSetting(message)
    return current, keys


def create_key_file(path: Path) -> None:
    """Write a new key file readable by its owner alone; a file that is there already is kept."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps({"current": 1, "keys": {"1": base64.b64encode(secrets.token_bytes(32)).decode("ascii")}})
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, text.encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, path)  # fails when another process was first: its key stays
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@dataclass(frozen=True)
class Vault:
    """The keys of an installation, from which each organisation's are derived."""

    current: int
    keys: dict[int, bytes] = field(repr=False)
    _derived: dict[tuple[int, str], bytes] = field(default_factory=dict, repr=False, compare=False)
    _ciphers: dict[tuple[int, int], AESGCM] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, path: Path) -> Vault:
        """Read the key file.

        Raises
        ------
        MisconfiguredSetting
            If it is missing or damaged.
        """
        current, keys = _read_master(path)
        return cls(current, keys)

    def derive(self, purpose: str, *, key: int | None = None) -> bytes:
        """Return 32 bytes for one purpose, such as `seal|7` (organisation 7)."""
        number = self.current if key is None else key
        known = self._derived.get((number, purpose))
        if known is None:
            master = self.keys.get(number)
            if master is None:
                message = f"a value was sealed with key {number}, which the key file does not hold"
                raise BrokenSeal(message)
            known = HKDF(SHA256(), 32, salt=None, info=f"linkage|{purpose}".encode()).derive(master)
            self._derived[number, purpose] = known
        return known

    def _cipher(self, organization_id: int, key: int) -> AESGCM:
        cipher = self._ciphers.get((organization_id, key))
        if cipher is None:
            cipher = self._ciphers[organization_id, key] = AESGCM(self.derive(f"seal|{organization_id}", key=key))
        return cipher

    def seal(self, organization_id: int, column: str, row_id: int, value: str) -> bytes:
        """Seal a value for one place.

        Parameters
        ----------
        column
            `table.column`.
        row_id
            The row's id, known before the insert.
        """
        nonce = os.urandom(_NONCE_BYTES)
        place = f"{organization_id}|{column}|{row_id}".encode()
        sealed = self._cipher(organization_id, self.current).encrypt(nonce, value.encode(), place)
        return bytes((_FORMAT, self.current)) + nonce + sealed

    def seal_column(
        self, organization_id: int, column: str, first_row_id: int, values: Sequence[str | None]
    ) -> list[bytes | None]:
        """Seal one column of rows that have consecutive ids, as `seal` does for one; empty values stay empty."""
        head = bytes((_FORMAT, self.current))
        place = f"{organization_id}|{column}|"
        encrypt = self._cipher(organization_id, self.current).encrypt
        nonces = os.urandom(_NONCE_BYTES * len(values))  # drawn at once: a call to the system each is slow
        sealed: list[bytes | None] = []
        for number, value in enumerate(values):
            if value is None:
                sealed.append(None)
                continue
            nonce = nonces[number * _NONCE_BYTES : (number + 1) * _NONCE_BYTES]
            body = encrypt(nonce, value.encode(), f"{place}{first_row_id + number}".encode())
            sealed.append(head + nonce + body)
        return sealed

    def unseal(self, organization_id: int, column: str, row_id: int, sealed: bytes) -> str:
        """Open a value at its place.

        Raises
        ------
        BrokenSeal
            If it was moved, altered or sealed by another key.
        """
        if len(sealed) < 2 + _NONCE_BYTES + 16 or sealed[0] != _FORMAT:
            message = f"{column} of row {row_id} is not a sealed value"
            raise BrokenSeal(message)
        nonce, body = sealed[2 : 2 + _NONCE_BYTES], sealed[2 + _NONCE_BYTES :]
        place = f"{organization_id}|{column}|{row_id}".encode()
        try:
            return self._cipher(organization_id, sealed[1]).decrypt(nonce, body, place).decode()
        except InvalidTag as error:
            message = f"{column} of row {row_id} does not open at its place"
            raise BrokenSeal(message) from error

    def index(self, organization_id: int, column: str, value: str) -> bytes:
        """Return the keyed hash by which equal values of one column and organisation find each other."""
        key = self.derive(f"index|{organization_id}", key=min(self.keys))
        return hmac.digest(key, f"{column}|{value}".encode(), sha256)[:_INDEX_BYTES]

    def audit_key(self, organization_id: int) -> bytes:
        """Return the key of an organisation's audit chain."""
        return self.derive(f"audit|{organization_id}", key=min(self.keys))
