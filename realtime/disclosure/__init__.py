"""What tells people and machines that a picture was made here."""
