"""Numbers only: optimisers and computations over arrays. No records, no input or output, no clock."""
