"""Helpers behind the notebooks of cnnbook, a textbook on convolutional networks."""
