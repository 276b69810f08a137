"""Where finished frames go."""
