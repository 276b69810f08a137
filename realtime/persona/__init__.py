"""Persona files and the networks in them."""
