"""``python -m core.publish``: one push, started by :class:`core.publish.pushing.Push` only.

Order and token come on standard input, since a token in the arguments or the environment would show in a list of processes. Each line
of the answer is JSON: where it is, and at the end the commit or an error. Whoever stops it kills it: the repository is as it was, or has
the whole commit where that was on its way.
"""

import json
import sys
from typing import Any

from core.errors import SheetformerError
from core.publish.order import Order
from core.publish.sending import send
from core.settings import Settings


def tell(fact: dict[str, Any]) -> None:
    """One line to whoever asked."""
    print(json.dumps(fact), flush=True)  # noqa: T201  this is the answer, not a word to somebody


asked = json.loads(sys.stdin.readline())
try:
    tell({"outcome": send(Settings(), Order.model_validate(asked["order"]), asked["token"], tell)})
except SheetformerError as error:
    tell({"error": error.to_facts()})
