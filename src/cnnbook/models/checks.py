"""What every builder asks of its arguments."""

from cnnbook.shapes.checks import whole


def check(name: str, channels: int, classes: int, size: int, least: int) -> None:
    """Refuse inputs that a network cannot take.

    Args:
        name: of the network, for the message.
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.
        least: the smallest size that works.

    Raises:
        ValueError: if a number is too small; the smallest size that works is in the message.
    """
    whole(channels, "channels", 1)
    whole(classes, "classes", 1)
    if whole(size, "size", 1) < least:
        raise ValueError(f"{name} wants images of at least {least} x {least}, size is {size}")
