"""Alembic's folder: how databases of older versions are brought up to date."""
