"""The rules by which networks of more than one family draw their first weights.

Each goes through the layers in the order in which they were built. A family whose rule is its own
has it in its file.
"""

from torch import nn


def draw_normal(
    network: nn.Module, spread: float | None = 0.01, ones: tuple[int, ...] = ()
) -> None:
    """Draw normal weights; biases are zero, or one in the layers whose place is in `ones`.

    A spread of 0.01 suits sums of thousands of inputs. In narrow networks the signal would die
    out, so that the reduced forms pass None and get the rule of He et al. 2015, sqrt(2 / inputs).
    """
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for place, layer in enumerate(layers):
        if spread is None:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        else:
            nn.init.normal_(layer.weight, std=spread)
        nn.init.constant_(layer.bias, 1.0 if place in ones else 0.0)


def draw_glorot(network: nn.Module) -> None:
    """Draw uniform weights by the rule of Glorot & Bengio 2010, biases zero."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def draw_he_outputs(network: nn.Module, dense: float | None = None) -> None:
    """Draw convolutions from N(0, 2 / (k_h k_w c_out)), with biases of zero.

    For a depthwise layer the rule counts the outputs of all channels and so draws small weights;
    the batch norm undoes that.

    Args:
        network: whose weights are drawn, in place.
        dense: spread of the dense layers, whose biases become zero too; without it they keep
            torch's start.

    See: He et al. 2015, arXiv:1502.01852, equation 14, as fb.resnet.torch and torchvision have it;
        torchvision takes 0.01 for the dense layers of MobileNet v2 and v3 and of EfficientNet.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, nn.Linear) and dense is not None:
            nn.init.normal_(layer.weight, std=dense)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
