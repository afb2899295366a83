"""Arrays only: frames, resynthesis, transforms."""
