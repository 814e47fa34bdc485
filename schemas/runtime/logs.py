"""Log lines: an event, its facts, never a secret. Text for people, JSON for machines."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog


def setup(fmt: Literal["text", "json"], component: str) -> None:
    """Send all log lines of this process, libraries' included, to stderr in one form, named *component*."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
    ]
    # Tracebacks without the values of variables: those may be telephone numbers, addresses, passwords.
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if fmt == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=False, pad_event_to=32, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(component=component)


def quiet() -> None:
    """Let only errors be logged: a command says itself what it did, or in a dry run would do."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a room."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
