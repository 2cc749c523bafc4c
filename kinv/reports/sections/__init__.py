"""The sections of a report, in the order of the page. Each module has `make(subject)`, which returns JSON values."""
