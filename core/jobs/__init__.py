"""The queue: jobs, their states, and the scheduler that starts one process for each. Knows states, not models."""

from core.jobs.api import delete, get, list_jobs, log_text, resume, retry, stop, submit
from core.jobs.keeper import ensure_scheduler, hold_server, serving
from core.jobs.lookout import Lookout

__all__ = [
    "Lookout",
    "delete",
    "ensure_scheduler",
    "get",
    "hold_server",
    "list_jobs",
    "log_text",
    "resume",
    "retry",
    "serving",
    "stop",
    "submit",
]
