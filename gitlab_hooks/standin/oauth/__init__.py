"""Signing in with this GitLab: OAuth 2 with PKCE, refresh, revocation and device codes, and OpenID Connect."""
