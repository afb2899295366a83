"""Arrays only: grains, descriptors, embedding, ordering."""
