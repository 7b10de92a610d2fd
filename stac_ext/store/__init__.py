"""The catalogue store: items, grants, inbox and principals in one database behind one port."""
