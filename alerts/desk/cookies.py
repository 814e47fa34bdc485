"""Signed texts: what a cookie or a form carries and nobody else can make. The border to itsdangerous. Pure.

The clock is the caller's: a text says itself when it was made, and `LogIn.over` when it ends.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
from itsdangerous import BadData, Signer, URLSafeSerializer

#: A cookie that a neighbouring host name cannot set or overwrite; browsers take the prefix with Secure only.
_SESSION, _SECURE_SESSION = "yx_session", "__Host-yx_session"
_FORM, _SECURE_FORM = "yx_form", "__Host-yx_form"


class LogIn(msgspec.Struct, frozen=True, array_like=True):
    """One log-in as its cookie says it. *at*: seconds since 1970; *key*: its own random name, by which it can be ended."""

    account: str
    epoch: int
    key: str
    at: int

    def until(self, lasts: timedelta) -> datetime:
        """Return the instant (UTC) at which this log-in ends by itself."""
        return datetime.fromtimestamp(self.at, UTC) + lasts

    def over(self, now: datetime, lasts: timedelta) -> bool:
        """Say whether *now* lies outside this log-in; one from the future is none."""
        return not self.until(lasts) - lasts <= now < self.until(lasts)


class Seal:
    """Signs with one secret. What was signed for one purpose is nothing for another."""

    def __init__(self, secret: str, *, is_https: bool) -> None:
        strong = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._sessions = URLSafeSerializer(secret, salt="yongxing.session", signer_kwargs=strong)
        self._forms = Signer(secret, salt="yongxing.form", digest_method=hashlib.sha256, key_derivation="hmac")
        self.is_https = is_https
        self.session_cookie = _SECURE_SESSION if is_https else _SESSION
        self.form_cookie = _SECURE_FORM if is_https else _FORM

    def seal(self, log_in: LogIn) -> str:
        """Return the cookie's text for *log_in*."""
        return str(self._sessions.dumps(msgspec.to_builtins(log_in)))

    def open(self, text: str | None) -> LogIn | None:
        """Return the log-in that *text* says, or None where we did not seal it."""
        if not text:
            return None
        try:
            return msgspec.convert(self._sessions.loads(text), LogIn)
        except (BadData, msgspec.ValidationError):
            return None

    def form_token(self, key: str) -> str:
        """Return what a form must carry for the browser whose form cookie is *key*."""
        return self._forms.get_signature(key).decode("ascii")

    def is_form_token(self, key: str | None, token: str | None) -> bool:
        """Say whether *token* is the one for *key*."""
        # A signature is ASCII: what is not can only be forged, and the comparison below takes no other.
        return bool(key and token and token.isascii()) and self._forms.verify_signature(str(key), str(token))
