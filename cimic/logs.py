"""How lines of the log are written: JSON on a server, words in ``make run``; no secret in either.

A line says what happened, by which request or task, to which record or account by number. It
holds no person's name or address, no key or password, and not what somebody searched for.
"""

import re
from typing import Any

import structlog

E_MAIL = re.compile(r"(?<![<\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
SECRETS = [
    (re.compile(r"whsec_[A-Za-z0-9+/=]+"), "whsec_…"),
    (re.compile(r"(?i)\b(bearer|token|basic)\s+[\w.~+/=-]{8,}"), r"\1 …"),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://…@"),
    (re.compile(r"/reset/key/[^/\s]+"), "/reset/key/…"),
    (re.compile(r"(?<=/)([\w./-]*)\?[^\s\"']+"), r"\1?…"),
    # PostgreSQL tells the row that broke a rule; what is in it is somebody's.
    (re.compile(r"DETAIL:  [^\n]*"), "DETAIL:  …"),
]
LONGEST_TRACE = 8000


def scrubbed(text: str) -> str:
    """Return a text without keys, passwords, addresses of people and questions."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return E_MAIL.sub("…@…", text)


def without_secrets(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Scrub every text of a line, save the ids of messages, which only look like addresses."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"message_id", "request_id"}:
            event[key] = scrubbed(value[:LONGEST_TRACE])
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_for(form: str) -> dict[str, Any]:
    """Return the settings of logging for one form, ``json`` or ``plain``."""
    level = "INFO" if form == "json" else "WARNING"
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if form == "json"
        else structlog.processors.KeyValueRenderer(key_order=["event"])
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED, structlog.stdlib.ExtraAdder()],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    without_secrets,
                    renderer,
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "celery": {"level": "WARNING"},  # a line for each of its sweeps tells nothing
            "kombu": {"level": "WARNING"},
        },
    }


def configure_structlog() -> None:
    """Let our own lines go the way of the library's, each through the same formatter."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
