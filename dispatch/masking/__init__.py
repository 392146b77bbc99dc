"""What is hidden, and from whom: phone numbers in logs and answers, and what a driver reads of a ride that is not theirs. Pure."""
