"""Rectification: findings, the orders to put them right, and their verification by a second person."""
