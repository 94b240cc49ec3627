"""``python -m core.worker <job-id> --token <token>``: started by the scheduler, never by hand."""

import argparse
import os

from core.settings import Settings
from core.worker.main import work

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("job")
    parser.add_argument("--token", required=True)
    arguments = parser.parse_args()
    # Straight out: tearing torch down takes longer than some jobs, and the attempt's last word is on disk already.
    os._exit(work(Settings(), arguments.job, arguments.token))
