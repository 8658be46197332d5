"""What people's data are forgotten by age: old events, people without a name, words of messages, replies."""
