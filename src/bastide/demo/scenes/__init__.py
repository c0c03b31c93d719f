"""The scenes of the story, one file a context. Each calls flows, and nothing else."""
