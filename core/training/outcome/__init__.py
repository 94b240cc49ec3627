"""What is left of a training: files, figures, a card."""
