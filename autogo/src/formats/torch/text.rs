//! The parts of a file that are the same for every network: helpers for what PyTorch lacks, and the weights.

/// A helper, and what calls it.
const HELPERS: [(&str, &str); 7] = [
    (
        "same_border(",
        r#"def same_border(x, span, stride):
    """The border of TensorFlow's SAME for F.pad: ceil(size / stride) windows, the odd pixel below and to the right."""
    border = []
    for size, covered, step in zip(x.shape[:1:-1], span[::-1], stride[::-1]):
        missing = max((-(-size // step) - 1) * step + covered - size, 0)
        border += [missing // 2, missing - missing // 2]
    return border
"#,
    ),
    (
        "mean_inside(",
        r#"def mean_inside(x, border, kernel, stride):
    """Average pooling with an uneven border that does not count."""
    inside = F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), border), kernel, stride)
    return F.avg_pool2d(F.pad(x, border), kernel, stride) / inside
"#,
    ),
    (
        "depth_to_space(",
        r#"def depth_to_space(x, block):
    """Pixel shuffle of channels in TensorFlow's order: row of the block, column of the block, channel."""
    n, c, h, w = x.shape
    x = x.reshape(n, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(n, c // block**2, h * block, w * block)
"#,
    ),
    (
        "space_to_depth(",
        r#"def space_to_depth(x, block, block_first=False):
    """Rectangles of pixels become channels; in TensorFlow's order the pixel's place runs slower than the channel."""
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // block[0], block[0], w // block[1], block[1])
    x = x.permute(0, 3, 5, 1, 2, 4) if block_first else x.permute(0, 1, 3, 5, 2, 4)
    return x.reshape(n, c * block[0] * block[1], h // block[0], w // block[1])
"#,
    ),
    (
        "channel_shuffle(",
        r#"def channel_shuffle(x, groups):
    """Channels of groups in turn: F.channel_shuffle, which has no gradient in PyTorch 1.13."""
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)
"#,
    ),
    (
        "resize_from_corners(",
        r#"def resize_from_corners(x, factor):
    """Bilinear as in TensorFlow 1: pixel i of the result reads the place i / factor."""
    h, w = x.shape[2:]
    x = F.pad(x, (0, 1, 0, 1), mode="replicate")
    x = F.interpolate(x, (h * factor + 1, w * factor + 1), mode="bilinear", align_corners=True)
    return x[:, :, :-1, :-1]
"#,
    ),
    (
        "ChannelAffine(",
        r#"class ChannelAffine(nn.Module):
    """A factor, a summand or both for every channel."""

    def __init__(self, channels, scale=True, shift=True):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1)) if scale else None
        self.shift = nn.Parameter(torch.zeros(channels, 1, 1)) if shift else None

    def forward(self, x):
        if self.scale is not None:
            x = x * self.scale
        return x if self.shift is None else x + self.shift
"#,
    ),
];

/// The helpers that a source calls.
pub(super) fn helpers(source: &str) -> String {
    let used = HELPERS.iter().filter(|(call, _)| source.contains(call));
    used.map(|(_, text)| format!("{text}\n\n")).collect()
}

/// The methods of the network's class behind its forward pass.
pub(super) const METHODS: &str = r#"
    def named_tensors(self):
        """The weights by their names in files, INDEX:NODE.PART as in the graph's ONNX file, and in the file's sizes."""
        for attribute, node in NODES.items():
            layer = self.get_submodule(attribute)
            for name, tensor in layer.state_dict().items():
                if name == "num_batches_tracked":
                    continue
                if isinstance(layer, nn.PReLU):
                    name, tensor = "slope", tensor.view(-1, 1, 1)
                elif hasattr(layer, "running_mean"):
                    name = {"weight": "scale", "bias": "shift", "running_mean": "mean", "running_var": "variance"}[name]
                yield f"{node}.{name}", tensor

    def load_weights(self, path=None):
        """Takes all weights of a safetensors file, by default of the one beside this source, and returns the network."""
        path = path or os.path.splitext(__file__)[0] + ".safetensors"
        given = read_tensors(path)
        for name, tensor in self.named_tensors():
            if name not in given or given[name].shape != tensor.shape:
                found = list(given[name].shape) if name in given else "missing"
                raise ValueError(f"{path}: tensor `{name}` is {found}; accepted: {list(tensor.shape)}")
            tensor.copy_(given[name])
        return self

    def save_weights(self, path):
        """Writes all weights as a safetensors file, which `autogo graph SPEC --onnx FILE --weights PATH` reads."""
        write_tensors(path, dict(self.named_tensors()))
"#;

/// Reading and writing weights.
pub(super) const FILES: &str = r#"

def read_tensors(path):
    """The tensors of a safetensors file by name, read with the package of that name or with NumPy."""
    try:
        from safetensors.torch import load_file
    except ImportError:
        load_file = read_plainly
    try:
        return load_file(path)
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: is no safetensors file ({type(error).__name__})") from None


def read_plainly(path):
    """The format: the header's length in 8 bytes, the header as JSON, numbers."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    numbers, tensors = memoryview(data)[start:], {}
    for name, about in json.loads(data[8:start]).items():
        if name != "__metadata__" and about["dtype"] == "F32":
            begin, end = about["data_offsets"]
            values = np.frombuffer(numbers[begin:end], "<f4").reshape(about["shape"])
            tensors[name] = torch.from_numpy(values.astype(np.float32))
    return tensors


def write_tensors(path, tensors):
    """Writes a safetensors file, which appears whole or not at all."""
    header, numbers, begin = {}, [], 0
    for name, tensor in tensors.items():
        numbers.append(tensor.detach().cpu().numpy().astype("<f4").tobytes())
        offsets = [begin, begin + len(numbers[-1])]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        begin = offsets[1]
    header = json.dumps(header).encode()
    header += b" " * (-len(header) % 8)
    draft = f"{path}.{os.getpid()}.tmp"
    with open(draft, "wb") as file:
        file.writelines([len(header).to_bytes(8, "little"), header, *numbers])
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
"#;
