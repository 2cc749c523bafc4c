"""`python -m kinv`: the `kinv` command."""

from kinv.cli.main import main

if __name__ == "__main__":
    main()
