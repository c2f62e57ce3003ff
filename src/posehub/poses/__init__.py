"""What every backend returns: people, their keypoints, skeletons, and arithmetic on them."""
