"""Tags of words and spans of characters, for models that find entities."""
