"""The architectures of the book in torch: one file per family, as its paper has it.

Every builder is `name(channels, classes, size) -> nn.Module`; each family has a small form,
`..._reduced`, for images of 28 to 64 pixels. `python -m cnnbook.experiments.models` prints all.
"""

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
from cnnbook.models.mobilenet_v3 import mobilenet_v3_large, mobilenet_v3_reduced, mobilenet_v3_small
from cnnbook.models.nin import nin, nin_cifar, nin_reduced
from cnnbook.models.preactivation import (
    preactivation_reduced,
    preresnet20,
    preresnet56,
    preresnet110,
    preresnet164,
    preresnet1001,
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

__all__ = [
    "alexnet",
    "alexnet_one_tower",
    "alexnet_reduced",
    "convnext_reduced",
    "convnext_tiny",
    "densenet121",
    "densenet169",
    "densenet201",
    "densenet_reduced",
    "efficientnet",
    "efficientnet_lite0",
    "efficientnet_reduced",
    "fcn8s",
    "fcn_reduced",
    "googlenet",
    "googlenet_reduced",
    "inception_resnet_reduced",
    "inception_resnet_v2",
    "inception_v3",
    "inception_v3_reduced",
    "inception_v4",
    "lenet5",
    "lenet_reduced",
    "mobilenet",
    "mobilenet_reduced",
    "mobilenet_v2",
    "mobilenet_v2_reduced",
    "mobilenet_v3_large",
    "mobilenet_v3_reduced",
    "mobilenet_v3_small",
    "nin",
    "nin_cifar",
    "nin_reduced",
    "preactivation_reduced",
    "preresnet20",
    "preresnet56",
    "preresnet110",
    "preresnet164",
    "preresnet1001",
    "resnet18",
    "resnet20",
    "resnet32",
    "resnet34",
    "resnet44",
    "resnet50",
    "resnet56",
    "resnet101",
    "resnet110",
    "resnet152",
    "resnet_reduced",
    "resnext50",
    "resnext_reduced",
    "se_resnet50",
    "se_resnet_reduced",
    "shufflenet",
    "shufflenet_reduced",
    "shufflenet_v2",
    "shufflenet_v2_reduced",
    "squeezenet_1_0",
    "squeezenet_1_1",
    "squeezenet_reduced",
    "unet",
    "unet_reduced",
    "vgg11",
    "vgg11_lrn",
    "vgg13",
    "vgg16",
    "vgg16_c",
    "vgg19",
    "vgg_reduced",
    "xception",
    "xception_reduced",
    "zfnet",
    "zfnet_reduced",
    "zfnet_wide",
]
