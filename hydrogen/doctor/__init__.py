"""The link doctor: evidence, signs, causes; and checks of the host with the command that mends each."""
