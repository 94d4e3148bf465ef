"""One module per command; `playbook.cli` loads a module when its command is called."""
