"""``python -m core.live REQUESTS ANSWERS``: started by :class:`core.live.LiveClient` only. The arguments are descriptors of pipes."""

import sys

from core.live.server import serve
from core.settings import Settings

if __name__ == "__main__":
    serve(Settings(), int(sys.argv[1]), int(sys.argv[2]))
