"""PDF bytes in, ink out: two parsers that read independently, and a third view of the outline."""
