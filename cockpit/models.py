"""What is put together from all rooms."""
