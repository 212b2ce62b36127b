"""Networks of torchvision as `torch.onnx.export` writes them.

    python3 tests/torch_networks.py
    python3 tests/torch_networks.py NAME FOLDER

needs a Python with torchvision (Debian: python3-torchvision). Without arguments it prints a network's name a line; with
them it writes FOLDER/NAME-11.onnx and FOLDER/NAME-16.onnx, of these operator sets, with random weights.
"""

import sys

import torch
import torchvision

# Height and width of the input: the least that a network takes, or that its head can be exported for.
SIZES = {
    "resnet18": 64,
    "resnet50": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "efficientnet_b0": 64,
    "densenet121": 64,
    "squeezenet1_1": 64,
    "shufflenet_v2_x1_0": 64,
    "googlenet": 64,
    "inception_v3": 96,
    "mnasnet1_0": 64,
    "regnet_y_400mf": 64,
    "convnext_tiny": 64,
    # Its head makes 7×7 of what is left: other sizes have windows that no operator set can say.
    "vgg16": 224,
}


def network(name):
    """With statistics and scales that are not those of the start, or a batch norm would do nothing."""
    torch.manual_seed(0)
    more = {"init_weights": True, "aux_logits": False} if name in ("googlenet", "inception_v3") else {}
    made = getattr(torchvision.models, name)(weights=None, **more).eval()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor, low, high in (
                (module.running_mean, -0.2, 0.2),
                (module.running_var, 0.5, 1.5),
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.2, 0.2),
            ):
                tensor.uniform_(low, high)
    return made


def main():
    if len(sys.argv) == 1:
        print("\n".join(SIZES))
        return
    name, folder = sys.argv[1:3]
    made, image = network(name), torch.zeros(1, 3, SIZES[name], SIZES[name])
    # Batch norms folded into the convolutions and a batch of one; then batch norms as nodes and a batch with a name.
    for opset, is_folded in ((11, True), (16, False)):
        torch.onnx.export(
            made,
            image,
            f"{folder}/{name}-{opset}.onnx",
            opset_version=opset,
            input_names=["image"],
            output_names=["classes"],
            do_constant_folding=is_folded,
            training=torch.onnx.TrainingMode.EVAL if is_folded else torch.onnx.TrainingMode.PRESERVE,
            dynamic_axes=None if is_folded else {"image": {0: "batch"}, "classes": {0: "batch"}},
        )


if __name__ == "__main__":
    main()
