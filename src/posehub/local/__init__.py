"""What any local model reuses: model files and where they come from."""
