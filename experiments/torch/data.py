"""Pictures for train.py: CIFAR-10, folders of classes, and pairs of small and large pictures.

Every random choice of a picture depends on the seed, the pass and the picture's number alone, not on the number of
workers or processes.
"""

import io
import pathlib
import pickle
import tarfile
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import Dataset

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm", ".pgm"}
# Mean and spread of ImageNet's channels.
IMAGENET = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])


def image():
    """Pillow, which reads the pictures of folders."""
    try:
        from PIL import Image
    except ImportError:
        raise ValueError("pictures in folders need Pillow: pip install pillow") from None
    return Image


class Pictures(Dataset):
    """Numbered pictures; `set_epoch` says which pass draws the random choices."""

    def __init__(self, seed):
        self.seed, self.epoch = seed, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def generator(self, index):
        """The random numbers of a picture in this pass."""
        words = np.random.SeedSequence([self.seed, self.epoch, index]).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(words[0]) >> 1)


def draw(generator, least, most):
    """A whole number from `least` to `most`."""
    return int(torch.randint(least, most + 1, (), generator=generator))


# CIFAR-10


class OnlyNumbers(pickle.Unpickler):
    """Reads pickles of plain data and NumPy arrays; everything else is refused, so that a file cannot run code."""

    ALLOWED = {"_reconstruct", "ndarray", "dtype"}

    def find_class(self, module, name):
        if module.split(".")[0] == "numpy" and name in self.ALLOWED:
            return super().find_class(module, name)
        raise ValueError(f"a pickle that names {module}.{name}; accepted: data and NumPy arrays")


def cifar10_batch(name, data):
    """Pictures (count × 3 × 32 × 32, bytes) and labels of one file."""
    if name.endswith(".bin"):
        if not data or len(data) % 3073:
            raise ValueError(f"{name}: {len(data)} bytes; accepted: records of 3073 bytes")
        records = np.frombuffer(data, np.uint8).reshape(-1, 3073)
        pictures, labels = records[:, 1:], records[:, 0]
    else:
        try:
            batch = OnlyNumbers(io.BytesIO(data), encoding="latin1").load()
            pictures, labels = np.asarray(batch["data"], np.uint8), np.asarray(batch["labels"])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        except Exception as error:
            raise ValueError(f"{name}: is no batch of CIFAR-10 ({type(error).__name__})") from None
    if len(pictures) != len(labels) or pictures.size != 3072 * len(labels) or not set(labels.tolist()) <= set(range(10)):
        raise ValueError(f"{name}: accepted: pictures of 3 × 32 × 32 with labels from 0 to 9")
    return pictures.reshape(-1, 3, 32, 32), labels.astype(np.int64)


def cifar10_files(path):
    """The batches of a folder or of an archive: their names and bytes."""
    wanted = lambda name: name.startswith("data_batch_") or name.removesuffix(".bin") == "test_batch"
    path = pathlib.Path(path)
    if path.is_dir():
        folders = [path, path / "cifar-10-batches-py", path / "cifar-10-batches-bin"]
        for folder in folders:
            files = sorted(file for file in folder.glob("*") if wanted(file.name))
            if files:
                return [(file.name, file.read_bytes()) for file in files]
        raise ValueError(f"{path}: no data_batch_1 to data_batch_5 and test_batch, with or without .bin")
    try:
        with tarfile.open(path) as archive:
            members = [one for one in archive.getmembers() if one.isfile() and wanted(one.name.split("/")[-1])]
            named = [(one.name.split("/")[-1], archive.extractfile(one).read()) for one in members]
            return sorted(named)
    except (tarfile.TarError, EOFError, zlib.error):
        raise ValueError(f"{path}: is no archive; accepted: a folder or an archive of CIFAR-10") from None


class Labelled(Pictures):
    """Pictures in memory with labels. Training pictures are mirrored, and shifted by up to an eighth of their side."""

    classes = 10

    def __init__(self, given, labels, is_train, seed):
        super().__init__(seed)
        self.pictures, self.labels, self.is_train = given, labels, is_train

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        picture = self.pictures[index]
        if self.is_train:
            generator, (_, h, w) = self.generator(index), picture.shape
            top, left = draw(generator, 0, 2 * (h // 8)), draw(generator, 0, 2 * (w // 8))
            picture = F.pad(picture, [w // 8, w // 8, h // 8, h // 8])[:, top : top + h, left : left + w]
            picture = picture.flip(2) if draw(generator, 0, 1) else picture
        return picture.contiguous(), self.labels[index]


def cifar10(path, size, seed):
    """The training and the test pictures of CIFAR-10 in the size that the network reads: 32 divided by a whole number.

    Channels have mean 0 and spread 1 over the training pictures, as `autogo fit` has them.
    """
    if size[0] != 3 or size[1] != size[2] or 32 % size[1]:
        raise ValueError(f"the network reads {size}; accepted for CIFAR-10: 3 × N × N where N divides 32")
    batches = [(name, *cifar10_batch(name, data)) for name, data in cifar10_files(path)]
    parts = []
    for prefix in ("data_batch_", "test_batch"):
        chosen = [batch[1:] for batch in batches if batch[0].startswith(prefix)]
        if not chosen:
            raise ValueError(f"{path}: no {prefix} files")
        given = torch.from_numpy(np.concatenate([batch[0] for batch in chosen])).float()
        labels = torch.from_numpy(np.concatenate([batch[1] for batch in chosen]))
        parts.append((F.avg_pool2d(given, 32 // size[1]).round(), labels))
    mean = parts[0][0].mean((0, 2, 3))[:, None, None]
    spread = parts[0][0].std((0, 2, 3), unbiased=False).clamp(min=1.0)[:, None, None]
    (train, train_labels), (test, test_labels) = (((given - mean) / spread, labels) for given, labels in parts)
    return Labelled(train, train_labels, True, seed), Labelled(test, test_labels, False, seed)


# Folders


def listed(folder):
    """The pictures of a folder in the order of their names."""
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder}: is no folder")
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)


def first_folder(path, names):
    """The first folder of these names."""
    for name in names:
        if (pathlib.Path(path) / name).is_dir():
            return pathlib.Path(path) / name
    raise ValueError(f"{path}: no folder {' or '.join(names)}")


def opened(path, channels):
    """A picture with one or three channels."""
    try:
        with image().open(path) as file:
            return file.convert("L" if channels == 1 else "RGB")
    except (OSError, SyntaxError, image().DecompressionBombError) as error:
        raise ValueError(f"{path}: is no picture that Pillow reads ({error})") from None


def tensor(picture):
    """A picture as channels × height × width, from 0 to 1."""
    pixels = np.array(picture, np.float32) / 255.0
    return torch.from_numpy(pixels)[None] if pixels.ndim == 2 else torch.from_numpy(pixels).permute(2, 0, 1)


class ClassFolders(Pictures):
    """PATH/train/CLASS/PICTURE and PATH/val/CLASS/PICTURE, as ImageNet is unpacked.

    Training pictures are a random part (8 % to 100 % of the area, 3:4 to 4:3) and mirrored; the others are the middle.
    """

    def __init__(self, path, part, size, seed):
        super().__init__(seed)
        image()
        if size[0] not in (1, 3):
            raise ValueError(f"the network reads {size}; accepted for folders: 1 or 3 channels")
        root = first_folder(path, ["train"] if part == "train" else ["val", "valid", "test"])
        names = sorted(folder.name for folder in first_folder(path, ["train"]).iterdir() if folder.is_dir())
        unknown = sorted(folder.name for folder in root.iterdir() if folder.is_dir() and folder.name not in names)
        if unknown:
            raise ValueError(f"{root}: class {unknown[0]} is not among those of train")
        self.size, self.is_train, self.classes = size, part == "train", len(names)
        folders = [(label, root / name) for label, name in enumerate(names) if (root / name).is_dir()]
        self.files = [(file, label) for label, folder in folders for file in listed(folder)]
        if not self.files:
            raise ValueError(f"{root}: no pictures in folders of classes")

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        file, label = self.files[index]
        (channels, h, w), generator = self.size, self.generator(index)
        picture = opened(file, channels)
        box = self.random_box(picture.size, generator) if self.is_train else self.middle(picture.size)
        pixels = tensor(picture.resize((w, h), image().BILINEAR, box))
        if self.is_train and draw(generator, 0, 1):
            pixels = pixels.flip(2)
        mean, spread = IMAGENET[:, :channels, None, None]
        return (pixels - mean) / spread, label

    def random_box(self, size, generator):
        """Left, top, right, bottom of a random part."""
        wide, high = size
        for _ in range(10):
            area, ratio = torch.rand(2, generator=generator).tolist()
            area, ratio = (0.08 + 0.92 * area) * wide * high, (4 / 3) ** (2 * ratio - 1)
            w, h = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if 0 < w <= wide and 0 < h <= high:
                left, top = draw(generator, 0, wide - w), draw(generator, 0, high - h)
                return left, top, left + w, top + h
        return self.middle(size)

    def middle(self, size):
        """The middle, seven eighths of the largest part with the network's proportions."""
        wide, high = size
        factor = 0.875 * min(wide / self.size[2], high / self.size[1])
        w, h = factor * self.size[2], factor * self.size[1]
        return (wide - w) / 2, (high - h) / 2, (wide + w) / 2, (high + h) / 2


class Enlargements(Pictures):
    """Small pictures with the large ones that they were made of; DIV2K's folders or PATH/train and PATH/val.

    The small picture is the large one, made smaller by bicubic interpolation; with `scale` 1 the large one with Gaussian
    noise of 25 / 255. Training pictures are patches of `patch` × `patch` small pixels, mirrored and turned; the others are
    the middle of the whole picture, with sides that `multiple` divides.
    """

    def __init__(self, path, part, channels, scale, patch, seed, multiple=16):
        super().__init__(seed)
        image()
        names = ["DIV2K_train_HR", "train"] if part == "train" else ["DIV2K_valid_HR", "val", "valid"]
        root = first_folder(path, names)
        self.files, self.is_train = listed(root), part == "train"
        self.channels, self.scale, self.patch, self.multiple = channels, scale, patch, multiple
        if not self.files:
            raise ValueError(f"{root}: no pictures")

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        picture, generator = opened(self.files[index], self.channels), self.generator(index)
        wide, high = picture.size
        step = self.scale * (self.patch if self.is_train else self.multiple)
        if wide < step or high < step:
            raise ValueError(f"{self.files[index]}: {wide} × {high} pixels; accepted: {step} or more on each side")
        w, h = (step, step) if self.is_train else (wide // step * step, high // step * step)
        if self.is_train:
            left, top = draw(generator, 0, wide - w), draw(generator, 0, high - h)
        else:
            left, top = (wide - w) // 2, (high - h) // 2
        picture = picture.crop((left, top, left + w, top + h))
        small = tensor(picture.resize((w // self.scale, h // self.scale), image().BICUBIC))
        pair = [small, tensor(picture)]
        if self.scale == 1:
            pair[0] = pair[0] + torch.randn(pair[0].shape, generator=generator) * 25 / 255
        if self.is_train:
            turns, flip = draw(generator, 0, 3), draw(generator, 0, 1)
            pair = [one.rot90(turns, (1, 2)) for one in pair]
            pair = [one.flip(2) if flip else one for one in pair]
        return tuple(one.contiguous() for one in pair)
