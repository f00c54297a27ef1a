"""Texts that only this installation can read: what lies in the database or stands in an address and says nothing to others."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text, purpose):
    """`text` encrypted with a key made from SECRET_KEY for `purpose`; letters, digits, - and _ only."""
    return _cipher(purpose, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode().rstrip("=")


def unseal(sealed, purpose):
    """The text that was sealed for `purpose`, also with a key of SECRET_KEY_FALLBACKS. Raises ValueError for anything else."""
    try:
        cipher = _cipher(purpose, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return cipher.decrypt(sealed.encode() + b"=" * (-len(sealed) % 4)).decode()
    except InvalidToken:
        raise ValueError("not sealed here") from None


@lru_cache(maxsize=20)
def _cipher(purpose, *keys):
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{purpose} {key}".encode()).digest())) for key in keys])
