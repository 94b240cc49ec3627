"""The training itself: model, plan of batches, steps, checkpoints."""
