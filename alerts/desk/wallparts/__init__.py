"""The wall's pages as HTML, a module each. Every word that a county wrote goes through `words.safe`. Pure."""
