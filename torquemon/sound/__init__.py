"""What is heard: bursts by priority, spoken phrases, and the proof that the path to them lives."""
