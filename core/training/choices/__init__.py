"""What a user chooses: presets, dials, the spec made of them, and the command and file that equal it."""
