"""Messages of which nobody knows whether they arrived, and the operator's word on them."""
