"""How the adapters that the project ships were made. Nothing here runs during ``make``."""
