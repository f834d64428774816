"""Notebook widgets: Python beside its JavaScript in static/."""
