"""What the service knows of the files: asks the analyser, keeps what it finds, answers clients."""
