import core.cli

core.cli.main()
