"""The files that govern the evaluator: rules, policy, channels. Read at the start, and again whenever they change.

A broken file stops the start; later it changes nothing: what was in force goes on, the log and an incident say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge import rules
from alerts.judge.rules_file import RulesFile
from alerts.judge.signals.registry import known_numbers
from alerts.notify.channels import Channels
from alerts.policy_file import Policy, PolicyFile
from schemas.runtime import logs

if TYPE_CHECKING:
    from schemas.runtime.settings import AlertSettings

_LOG = logs.get(__name__)


class Office:
    """Rules, policy and channels in force.

    Raises:
        UseError: at the start a file is broken, open to others or cannot be read; with lines and mends.

    """

    def __init__(self, settings: AlertSettings) -> None:
        self._rules = RulesFile(settings.rules_file, known_numbers())
        self._policy = PolicyFile(settings.policy_file, rules.load())
        self.channels = Channels(settings.channels_file, settings.webhook_url)

    @property
    def rules(self) -> dict[str, rules.Rule]:
        """Name → rule, as in force."""
        return self._rules.current

    @property
    def version(self) -> str:
        """Version of the rules in force: it changes with them."""
        return self._rules.version

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._policy.current

    def refresh(self) -> dict[str, str | None]:
        """Read again what has changed; return file → what is wrong with it, None where it is sound."""
        for file in (self._rules, self._policy):
            said = file.refresh()
            if said is not None:
                _LOG.error("file not taken", why=said)
        said = self.channels.look()
        if said:
            _LOG.warning("channels", change=said)
        return {
            "rules.toml": self._rules.broken, "policy.toml": self._policy.broken, "channels.toml": self.channels.broken,
        }  # fmt: skip
