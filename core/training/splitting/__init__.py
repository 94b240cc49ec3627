"""Which rows train and which measure."""
