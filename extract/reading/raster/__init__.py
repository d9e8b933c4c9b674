"""Compare the digits of the text layer with the digits of the rendered page."""
