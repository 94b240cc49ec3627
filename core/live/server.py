"""The process behind :class:`core.live.LiveClient`: reads questions, holds models, answers."""

from __future__ import annotations

import logging
import os
import queue
import threading

from core import tasks
from core.errors import printable, safe_traceback
from core.inference.fit import language_identifier
from core.live.questions import Desk
from core.live.wire import Closed, LineReader, error_to_json, send
from core.processes import limit_memory
from core.settings import Settings

log = logging.getLogger(__name__)


def serve(settings: Settings, requests: int, answers: int) -> None:
    """Answers until the owner is gone. Never returns while a question could still come."""
    logging.basicConfig(level=logging.WARNING)
    waiting: queue.SimpleQueue[dict] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), name="listener", daemon=True).start()
    _import_libraries(settings)
    limit_memory(settings.live_memory_mb)
    desk = Desk(settings)
    try:
        send(answers, {"ready": os.getpid()})
        while True:
            send(answers, _answer(desk, waiting.get()))
    except Closed:
        return


def _listen(requests: int, waiting: queue.SimpleQueue[dict]) -> None:
    """Reads questions in a thread of its own, so that the owner's end is noticed in the middle of a long answer as well."""
    reader = LineReader(requests)
    try:
        while True:
            waiting.put(reader.read())
    except Closed:
        os._exit(0)  # nobody is left to answer; the main thread may be deep inside torch


def _answer(desk: Desk, request: dict) -> dict:
    try:
        return {"answer": desk.answer(request["question"], request["payload"])}
    except BaseException as error:  # a panic of the Rust tokenizer is no Exception; no question may end the process
        log.warning("%s failed:\n%s", printable(str(request.get("question"))), safe_traceback(error))
        desk.tidy(error)
        return {"error": error_to_json(error)}


def _import_libraries(settings: Settings) -> None:
    """Loads what every question needs, before memory is limited and while the user still reads the page."""
    import torch
    import transformers

    if settings.threads:
        torch.set_num_threads(settings.threads)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for task in tasks.all_tasks():
        getattr(transformers, task.auto_class)  # transformers imports its classes when they are first named
    language_identifier()
