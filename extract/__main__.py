"""`python -m extract` is `jixiao`."""

from extract.cli.app import main

if __name__ == "__main__":
    main()
