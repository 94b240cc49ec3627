"""The command line: every page's work without a browser, by the same specs. See :mod:`core.cli.app`."""
