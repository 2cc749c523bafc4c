"""The page that says what a network ignores: sections that measure, a template that shows, limits for CI."""
