"""The `jixiao` command: what people type, what is printed for them."""
