"""Review of cases (P6): every case of a period against facts, with a score, and what it says of the work."""
