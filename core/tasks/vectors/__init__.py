"""What is done with vectors of texts: pooling, neighbours, clusters, a map."""
