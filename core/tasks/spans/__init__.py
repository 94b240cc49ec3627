"""Places in texts: windows over what is too long for a model, and the spans that are found in them."""
