"""Sample cases as checks: loaded strictly, replayed through the pages' own view models, compared as a whole."""
