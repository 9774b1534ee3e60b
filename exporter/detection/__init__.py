"""What is normal: windows of samples and baselines that incidents do not teach."""
