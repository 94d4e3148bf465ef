"""The bulk-order after-sales playbook: from a buyer's message to a scheduled, documented solution."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("bulk-order-playbook")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0.0.0"
