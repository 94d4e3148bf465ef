"""Causes (P6): how often which product goes wrong and how, since when, and whether the remedy worked."""
