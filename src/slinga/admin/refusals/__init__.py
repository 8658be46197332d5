"""What people see who are refused, or come to an address where nothing is."""
