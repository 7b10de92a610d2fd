"""STAC extensions whose fields people write in a README: which fields there are, and what each may hold."""
