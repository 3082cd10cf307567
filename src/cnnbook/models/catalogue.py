"""Every network of the book in one table: who published its parameter count, and its small form."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import nn

from cnnbook.models.alexnet import alexnet, alexnet_one_tower, alexnet_reduced
from cnnbook.models.convnext import convnext_reduced, convnext_tiny
from cnnbook.models.densenet import densenet121, densenet169, densenet201, densenet_reduced
from cnnbook.models.efficientnet import efficientnet, efficientnet_lite0, efficientnet_reduced
from cnnbook.models.fcn import fcn8s, fcn_reduced
from cnnbook.models.googlenet import googlenet, googlenet_reduced
from cnnbook.models.inception_resnet_v2 import inception_resnet_reduced, inception_resnet_v2
from cnnbook.models.inception_v3 import inception_v3, inception_v3_reduced
from cnnbook.models.inception_v4 import inception_v4
from cnnbook.models.lenet import lenet5, lenet_reduced
from cnnbook.models.mobilenet import mobilenet, mobilenet_reduced
from cnnbook.models.mobilenet_v2 import mobilenet_v2, mobilenet_v2_reduced
from cnnbook.models.mobilenet_v3 import (
    mobilenet_v3_large,
    mobilenet_v3_reduced,
    mobilenet_v3_small,
)
from cnnbook.models.nin import nin, nin_cifar, nin_reduced
from cnnbook.models.preactivation import (
    preactivation_reduced,
    preresnet20,
    preresnet56,
    preresnet110,
    preresnet164,
)
from cnnbook.models.resnet import resnet18, resnet34, resnet50, resnet101, resnet152
from cnnbook.models.resnet_cifar import (
    resnet20,
    resnet32,
    resnet44,
    resnet56,
    resnet110,
    resnet_reduced,
)
from cnnbook.models.resnext import resnext50, resnext_reduced
from cnnbook.models.se_resnet import se_resnet50, se_resnet_reduced
from cnnbook.models.shufflenet import shufflenet, shufflenet_reduced
from cnnbook.models.shufflenet_v2 import shufflenet_v2, shufflenet_v2_reduced
from cnnbook.models.squeezenet import squeezenet_1_0, squeezenet_1_1, squeezenet_reduced
from cnnbook.models.unet import unet, unet_reduced
from cnnbook.models.vgg import vgg11, vgg11_lrn, vgg13, vgg16, vgg16_c, vgg19, vgg_reduced
from cnnbook.models.xception import xception, xception_reduced
from cnnbook.models.zfnet import zfnet, zfnet_reduced, zfnet_wide

Builder = Callable[..., nn.Module]


class Model(NamedTuple):
    """A row of the table.

    Args:
        builder: called without arguments, it builds the network of the paper.
        published: parameters, to the last one or rounded ("0.27 M"), as they stand in the source;
            empty where nobody counts them.
        source: of the count.
        reduced: builder of the small form; models of one family share it.
    """

    builder: Builder
    published: str
    source: str
    reduced: Builder

    @property
    def name(self) -> str:
        """Name of the builder, with its options."""
        if not isinstance(self.builder, partial):
            return self.builder.__name__
        options = ", ".join(f"{key}={value}" for key, value in self.builder.keywords.items())
        return f"{self.builder.func.__name__}({options})"

    @property
    def channels(self) -> int:
        """Channels of the images if nothing else is asked for."""
        return inspect.signature(self.builder).parameters["channels"].default

    @property
    def size(self) -> int:
        """Height and width of the images if nothing else is asked for."""
        return inspect.signature(self.builder).parameters["size"].default


TORCHVISION = "torchvision"
IMGCLSMOB = "osmr/imgclsmob"
DLBS = "HewlettPackard/dlcookbook-dlbs"  # counts of the networks that Caffe published

MODELS = (  # builder, published count, where it is published, small form
    Model(lenet5, "60,000", "paper, section II-B", lenet_reduced),
    Model(alexnet, "60,965,224", DLBS, alexnet_reduced),
    Model(alexnet_one_tower, "61,100,840", TORCHVISION, alexnet_reduced),
    Model(zfnet, "", "", zfnet_reduced),
    Model(zfnet_wide, "", "", zfnet_reduced),
    Model(vgg11, "132,863,336", TORCHVISION, vgg_reduced),
    Model(vgg11_lrn, "133 M", "paper, table 2", vgg_reduced),
    Model(vgg13, "133,047,848", TORCHVISION, vgg_reduced),
    Model(vgg16_c, "134 M", "paper, table 2", vgg_reduced),
    Model(vgg16, "138,357,544", TORCHVISION, vgg_reduced),
    Model(partial(vgg16, batch_norm=True), "138,365,992", TORCHVISION, vgg_reduced),
    Model(vgg19, "143,667,240", TORCHVISION, vgg_reduced),
    Model(nin, "", "", nin_reduced),
    Model(nin_cifar, "966,986", IMGCLSMOB, nin_reduced),
    Model(googlenet, "6,998,552", DLBS, googlenet_reduced),
    Model(inception_v3, "23,834,568", IMGCLSMOB, inception_v3_reduced),
    Model(partial(inception_v3, auxiliary=True), "27,161,264", TORCHVISION, inception_v3_reduced),
    Model(inception_v4, "42,679,816", IMGCLSMOB, inception_v3_reduced),
    Model(inception_resnet_v2, "55,843,464", IMGCLSMOB, inception_resnet_reduced),
    Model(resnet18, "11,689,512", TORCHVISION, resnet_reduced),
    Model(resnet34, "21,797,672", TORCHVISION, resnet_reduced),
    Model(resnet50, "25,557,032", TORCHVISION, resnet_reduced),
    Model(resnet101, "44,549,160", TORCHVISION, resnet_reduced),
    Model(resnet152, "60,192,808", TORCHVISION, resnet_reduced),
    Model(resnet20, "0.27 M", "paper, table 6", resnet_reduced),
    Model(resnet32, "0.46 M", "paper, table 6", resnet_reduced),
    Model(resnet44, "0.66 M", "paper, table 6", resnet_reduced),
    Model(resnet56, "0.85 M", "paper, table 6", resnet_reduced),
    Model(resnet110, "1.7 M", "paper, table 6", resnet_reduced),
    Model(preresnet20, "", "", preactivation_reduced),
    Model(preresnet56, "", "", preactivation_reduced),
    Model(preresnet110, "1.7 M", "paper, table 4", preactivation_reduced),
    Model(preresnet164, "1.7 M", "paper, table 4", preactivation_reduced),
    Model(resnext50, "25,028,904", TORCHVISION, resnext_reduced),
    Model(densenet121, "7,978,856", TORCHVISION, densenet_reduced),
    Model(densenet169, "14,149,480", TORCHVISION, densenet_reduced),
    Model(densenet201, "20,013,928", TORCHVISION, densenet_reduced),
    Model(se_resnet50, "28,088,024", IMGCLSMOB, se_resnet_reduced),
    Model(squeezenet_1_0, "1,248,424", TORCHVISION, squeezenet_reduced),
    Model(squeezenet_1_1, "1,235,496", TORCHVISION, squeezenet_reduced),
    Model(shufflenet, "1,865,728", IMGCLSMOB, shufflenet_reduced),
    Model(shufflenet_v2, "2,278,604", TORCHVISION, shufflenet_v2_reduced),
    Model(xception, "22,855,952", "paper, table 3", xception_reduced),
    Model(mobilenet, "4,231,976", IMGCLSMOB, mobilenet_reduced),
    Model(mobilenet_v2, "3,504,872", TORCHVISION, mobilenet_v2_reduced),
    Model(mobilenet_v3_large, "5,483,032", TORCHVISION, mobilenet_v3_reduced),
    Model(mobilenet_v3_small, "2,542,856", TORCHVISION, mobilenet_v3_reduced),
    Model(efficientnet, "5,288,548", TORCHVISION, efficientnet_reduced),
    Model(efficientnet_lite0, "4.7 M", "authors' repository", efficientnet_reduced),
    Model(convnext_tiny, "28,589,128", TORCHVISION, convnext_reduced),
    Model(unet, "31,030,658", "gchlebus.github.io", unet_reduced),
    Model(partial(unet, same=True, size=576), "31,030,658", "gchlebus.github.io", unet_reduced),
    Model(fcn8s, "134,489,759", "YBIGTA/DL_Models", fcn_reduced),
)

# one of each, in the order of the table
REDUCED = tuple(dict.fromkeys(model.reduced for model in MODELS))
