"""From a spec to scored rows: making specs, planning, predicting, estimating.

The job itself is ``core.inference.run:run``; importing this package loads no model library.
"""

from core.inference.command import command_line
from core.inference.estimating import Estimate, estimate
from core.inference.keys import run_keys
from core.inference.spec_making import make_spec

__all__ = ["Estimate", "command_line", "estimate", "make_spec", "run_keys"]
