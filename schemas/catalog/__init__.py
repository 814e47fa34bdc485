"""What the field agrees on: closed enums, and dated tables that live in data files with their source."""
