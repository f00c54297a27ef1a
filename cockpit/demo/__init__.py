"""Invented parties in plausible numbers, to try everything out and to measure with. Nobody here exists."""
