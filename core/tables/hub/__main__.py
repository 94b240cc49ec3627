"""``python -m core.tables.hub``: one data set, started by :mod:`core.tables.hub.bringing` and :mod:`core.tables.hub.first_rows` only.

The question comes on standard input, since a token in the arguments or the environment would show in a list of processes. Each line of
the answer is JSON: how far it is, and at the end the table, the first rows, or an error.
"""

import sys

from core.tables.hub.child import main

sys.exit(main(sys.stdin.readline()))
