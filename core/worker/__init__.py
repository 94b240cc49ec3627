"""The process of a job: limits, signals, the function of its kind, and a last word by rename."""
