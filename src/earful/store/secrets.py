"""Secrets at rest: encrypted with a key that lies beside the database, readable by its owner only."""

import hashlib
import hmac
import os
from pathlib import Path
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken

KEY_FILE = "secret.key"


class KeyLostError(Exception):
    """Stored secrets cannot be read with this key: the key file was lost or replaced."""


class Vault:
    """Encrypts and decrypts small mappings (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._fernet = Fernet(key)

    def derive(self, purpose: str) -> str:
        """A secret for one purpose, the same at every start (HMAC-SHA256 of the key)."""
        return hmac.new(self._key, purpose.encode(), hashlib.sha256).hexdigest()

    @staticmethod
    def open(folder: Path) -> "Vault":
        """Read the key of a data folder; the first time, make one."""
        path = folder / KEY_FILE
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return Vault(path.read_bytes())
        key = Fernet.generate_key()
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        return Vault(key)

    def seal(self, secrets: dict[str, str]) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(msgspec.json.encode(secrets))

    def unseal(self, sealed: bytes | None) -> dict[str, str]:
        """Decrypt. Raises KeyLostError when the key does not fit."""
        if not sealed:
            return {}
        try:
            plain = self._fernet.decrypt(bytes(sealed))
        except InvalidToken as error:
            raise KeyLostError(
                f"A channel's secrets cannot be read with {KEY_FILE}. Put the old key back, or connect the "
                "channel again."
            ) from error
        found: Any = msgspec.json.decode(plain)
        return {str(name): str(value) for name, value in found.items()}
