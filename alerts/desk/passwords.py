"""Passwords: hashed with argon2id, proved, and refused where they are weak. The border to argon2.

A hash takes tens of milliseconds and 64 MiB on purpose: in the web process call it in a thread, few at a time.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

#: House convention (the issue of the duty desk); the longest bounds what a stranger can make us hash.
SHORTEST, LONGEST = 10, 128
_OBVIOUS = frozenset({
    "0123456789", "0987654321", "1234567890", "12345678910", "1234567890a", "123456789a", "a123456789", "1q2w3e4r5t", "1qaz2wsx3edc",
    "5201314520", "abcd123456", "admin12345", "admin123456", "administrator", "iloveyou123", "letmein123", "p@ssw0rd123",
    "password123", "password1234", "qwer123456", "qwertyuiop", "welcome123", "woaini1314", "yongxing123", "yongxing423300",
})  # fmt: skip
_FEWEST_DIFFERENT = 4
_FEWEST_BESIDE_NAME = 6
#: Without what is mistaken for something else when it is read from paper: 0 o 1 l i.
_READABLE = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _GROUP = 4, 4
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def hashed(password: str) -> str:
    """Return the hash of *password*, with parameters and salt in it (RFC 9106, second recommended option)."""
    return _HASHER.hash(_same(password))


def matches(stored: str, password: str) -> bool:
    """Say whether *password* is the one that was *stored*."""
    try:
        return _HASHER.verify(stored, _same(password)) and len(password) <= LONGEST
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Say whether *stored* was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@cache
def nobodys() -> str:
    """Return a hash that no password matches: proving against it takes as long as against a real one."""
    return hashed(secrets.token_urlsafe(24))


def one_time() -> str:
    """Return a random password that can be read out and typed (79 bits)."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def why_weak(password: str, name: str) -> str | None:
    """Return why *password* will not do for the account *name*, in one sentence, or None."""
    plain = _same(password).casefold()
    if len(plain) < SHORTEST:
        return f"密码太短，至少 {SHORTEST} 位 (too short: at least {SHORTEST} characters)."
    if len(password) > LONGEST:
        return f"密码太长，至多 {LONGEST} 位 (too long: at most {LONGEST} characters)."
    if name and len(plain.replace(name.casefold(), "")) < _FEWEST_BESIDE_NAME and name.casefold() in plain:
        return "密码不能是账号名或由它拼成 (the password must not be the account's name)."
    if plain in _OBVIOUS or len(set(plain)) < _FEWEST_DIFFERENT:
        return "密码太常见，容易被猜到 (too obvious a password)."
    return None


def _same(password: str) -> str:
    """Return *password* in one form: keyboards and phones write the same letters in several."""
    return unicodedata.normalize("NFKC", password)
