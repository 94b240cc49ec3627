"""``python -m core.hub``: one download, started by :class:`core.hub.fetching.Fetch` only.

The question comes on standard input, since a token in the arguments or the environment would show in a list of processes. The answer is
one line of JSON: the folder, or an error. Whoever stops it kills it: what has come stays, and the next one goes on from there.
"""

import json
import sys

from core.errors import SheetformerError
from core.hub.client import download

asked = json.loads(sys.stdin.readline())
try:
    answer = {"folder": str(download(asked["repository"], asked["commit"], name=asked["name"], token=asked["token"]))}
except SheetformerError as error:
    answer = {"error": error.to_facts()}
print(json.dumps(answer))  # noqa: T201  this is the answer, not a word to somebody
