"""``python -m core.tables FOLDER``: works on one import; started by :mod:`core.tables.importing`."""

import sys
from pathlib import Path

from core.tables.child import main

sys.exit(main(Path(sys.argv[1])))
