"""The results of backends: people, keypoints and skeletons, and computations with them."""
