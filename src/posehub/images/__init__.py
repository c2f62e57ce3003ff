"""Images as the caller gives them: loaded, checked, decoded when pixels are needed."""
