"""One file for each kind of answers: which rows can be compared, which are right, and the figures of any set of rows."""
