"""What a project is as a STAC Item: one module for each part of it."""
