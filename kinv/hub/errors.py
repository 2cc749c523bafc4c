"""What can be wrong with an artifact."""


class ArtifactError(Exception):
    """An artifact that is missing, damaged, incomplete, of another format, or not trusted."""
