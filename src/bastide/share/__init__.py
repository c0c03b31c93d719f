"""Early warnings: proposed, approved by the office in power, delivered to the operators concerned, answered, lifted."""
