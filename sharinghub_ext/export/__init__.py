"""The public part of the catalogue as files: what everybody may see, and nothing else."""
