"""Sample cases as checks: loaded strictly, replayed through the pages' view models, compared whole."""
