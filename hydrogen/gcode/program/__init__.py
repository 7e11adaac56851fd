"""A print's file as a program: what its lines mean, how long they take, what they leave the machine in. Pure."""
