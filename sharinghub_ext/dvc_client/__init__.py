"""What `sharinghub dvc` does in a clone: no part of the hub, which it asks over HTTP."""
