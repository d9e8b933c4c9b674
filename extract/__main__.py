"""Run `jixiao` as `python -m extract`."""

from extract.cli.app import main

if __name__ == "__main__":
    main()
