"""The situation room and My desk: pages that read all contexts."""
