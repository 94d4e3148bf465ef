"""What the pages hold and do, without any widget: drafts, totals, blockers, actions (traitlets only).

A click in a page, a scripted answer of a sample case and a test call the same methods.
"""
