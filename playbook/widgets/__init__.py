"""The only home of ipywidgets: views that draw a view model and forward clicks to it.

Nothing from outside reaches the page but through `playbook.widgets.html`, which escapes it.
"""
