"""LoRA fine-tunes: from a labelled table to an adapter, the rows it was measured on, and how good it is."""
