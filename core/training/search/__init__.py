"""A search over dials: several fine-tunes of one table as one job, and what made the difference between them."""

from core.training.search.importance import importance
from core.training.search.making import make_search
from core.training.search.space import SEARCHED, read_dimension, write_dimension
from core.training.search.trials import Trial, best_trial, read_trials

__all__ = [
    "SEARCHED",
    "Trial",
    "best_trial",
    "importance",
    "make_search",
    "read_dimension",
    "read_trials",
    "write_dimension",
]
