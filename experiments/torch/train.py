"""Trains a PyTorch module that `autogo graph SPEC --torch FILE.py` wrote.

    cargo autogo graph resnet50 --torch resnet50.py
    python experiments/torch/train.py resnet50.py --task folders --data /data/imagenet --out run
    torchrun --nproc_per_node 8 --redirects 1 --tee 2 \
        experiments/torch/train.py resnet50.py --task folders --data /data/imagenet --out run
    cargo autogo graph resnet50 --onnx resnet50.onnx --weights run/weights.safetensors

Tasks: `cifar10` (the folder of Python's or of the binary batches, or their archive), `folders` (PATH/train/CLASS/PICTURE and
PATH/val/CLASS/PICTURE), `super-resolution` (DIV2K's folders, or PATH/train and PATH/val). The run folder holds
`weights.safetensors` (the running mean of the weights where --ema asks for one), `checkpoint.pt` (--resume goes on from it)
and `log.jsonl`. The same seed, number of processes and machine give the same weights, also when a training was resumed.
`torchrun` sets the addresses of the processes; without it there is one. `--redirects 1 --tee 2` shows what any process refuses
and keeps the rest in files of `torchrun`; PyTorch 1.13 under Python 3.11 starts with no other choice.
"""

import argparse
import contextlib
import copy
import importlib.util
import json
import math
import os
import pathlib
import sys
import time

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, SequentialSampler, Subset

import data as pictures


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("network", help="FILE.py of `autogo graph SPEC --torch FILE.py`")
    add("--task", required=True, choices=["cifar10", "folders", "super-resolution"])
    add("--data", required=True, metavar="PATH", help="folder or archive of the pictures")
    add("--out", required=True, metavar="DIR", help="run folder")
    add("--weights", metavar="FILE", help="safetensors to begin with")
    add("--resume", action="store_true", help="goes on from the run folder's checkpoint")
    add("--epochs", type=int, default=100, help="passes over the training pictures")
    add("--batch", type=int, default=256, help="pictures in a step, of all processes together")
    add("--optimizer", choices=["sgd", "adam"], help="by default sgd for classes, adam for super-resolution")
    add("--lr", type=float, help="the highest learning rate; by default 0.1 for sgd, 0.0002 for adam")
    add("--warmup", type=float, default=5, help="passes in which the learning rate rises from 0")
    add("--weight-decay", type=float, default=1e-4, help="of matrices alone")
    add("--smoothing", type=float, default=0.0, help="label smoothing")
    add("--ema", type=float, default=0.0, help="decay of the running mean of the weights, such as 0.9999")
    add("--clip", type=float, default=0.0, help="the longest gradient")
    add("--amp", action="store_true", help="half precision where PyTorch considers it safe")
    add("--sync-bn", action="store_true", help="batch norms over all processes")
    add("--scale", type=int, help="enlargement, of a network that makes feature maps of feature maps")
    add("--patch", type=int, default=48, help="side of the small patches of super-resolution")
    add("--workers", type=int, default=4, help="processes that read pictures, for each process")
    add("--seed", type=int, default=0)
    add("--device", choices=["cuda", "cpu"], default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args(given)
    wrong = [
        ("--epochs", args.epochs < 1, "1 or more"),
        ("--batch", args.batch < 1, "1 or more"),
        ("--lr", args.lr is not None and not 0 < args.lr < math.inf, "a positive number"),
        ("--warmup", not 0 <= args.warmup <= args.epochs, "0 to the number of passes"),
        ("--weight-decay", not 0 <= args.weight_decay < math.inf, "0 or a positive number"),
        ("--smoothing", not 0 <= args.smoothing < 1, "0 to 1, without 1"),
        ("--ema", not 0 <= args.ema < 1, "0 to 1, without 1"),
        ("--clip", not 0 <= args.clip < math.inf, "0 or a positive number"),
        ("--scale", args.scale is not None and not 1 <= args.scale <= 8, "1 to 8"),
        ("--patch", args.patch < 1, "1 or more"),
        ("--workers", args.workers < 0, "0 or more"),
        ("--seed", not 0 <= args.seed < 2**63, "0 to 2^63 - 1"),
    ]
    for name, is_wrong, accepted in wrong:
        if is_wrong:
            parser.error(f"{name}: accepted: {accepted}")
    args.optimizer = args.optimizer or ("adam" if args.task == "super-resolution" else "sgd")
    args.lr = args.lr or (0.1 if args.optimizer == "sgd" else 2e-4)
    return args


class Processes:
    """The processes of a training: torchrun's, or this one alone."""

    def __init__(self, device):
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        local = int(os.environ.get("LOCAL_RANK", 0))
        self.device = torch.device("cuda", local) if device == "cuda" else torch.device("cpu")
        if device == "cuda":
            if local >= torch.cuda.device_count():
                raise ValueError(f"process {local} of this machine has no GPU; there are {torch.cuda.device_count()}")
            torch.cuda.set_device(self.device)
        if self.world > 1:
            dist.init_process_group("nccl" if device == "cuda" else "gloo")

    def sums(self, *numbers):
        """Sums over all processes."""
        total = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        if self.world > 1:
            dist.all_reduce(total)
        return total.tolist()


def load_network(path):
    """The class `Network` of a Python file. The file is run: it must be one that you trust."""
    if not os.path.isfile(path) or not path.endswith(".py"):
        raise ValueError(f"{path}: is no file FILE.py of `autogo graph SPEC --torch FILE.py`")
    spec = importlib.util.spec_from_file_location("network", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from None
    if not all(hasattr(getattr(module, "Network", None), name) for name in ("INPUT", "OUTPUT", "save_weights")):
        raise ValueError(f"{path}: has no class Network of `autogo graph SPEC --torch FILE.py`")
    return module.Network()


class Enlarger(nn.Module):
    """A network from feature maps to feature maps as EDSR uses it: a convolution in front, then larger pixels."""

    def __init__(self, body, scale):
        super().__init__()
        self.body, self.INPUT, self.OUTPUT = body, (3, 0, 0), (3, 0, 0)
        self.head = nn.Conv2d(3, body.INPUT[0], 3, padding=1)
        self.enlarge = nn.Conv2d(body.OUTPUT[0], body.OUTPUT[0] * scale**2, 3, padding=1)
        self.tail = nn.Conv2d(body.OUTPUT[0], 3, 3, padding=1)
        self.scale = scale

    def forward(self, x):
        x = self.head(x)
        x = self.body(x) + x if self.body.INPUT == self.body.OUTPUT else self.body(x)
        return self.tail(F.pixel_shuffle(self.enlarge(x), self.scale))


class Classes:
    """Classification: cross-entropy, and the share of pictures whose class comes first."""

    measure = "accuracy"

    def __init__(self, args, network):
        self.smoothing = args.smoothing
        if args.task == "cifar10":
            self.train, self.val = pictures.cifar10(args.data, network.INPUT, args.seed)
        else:
            parts = (pictures.ClassFolders(args.data, part, network.INPUT, args.seed) for part in ("train", "val"))
            self.train, self.val = parts
        if network.OUTPUT != (self.train.classes, 1, 1):
            raise ValueError(f"the network makes {network.OUTPUT}; accepted: {(self.train.classes, 1, 1)}")

    def prepared(self, network):
        return network

    def loss(self, made, wanted):
        return F.cross_entropy(made.float(), wanted, label_smoothing=self.smoothing)

    def score(self, made, wanted):
        """The sum of the measure over a batch."""
        return (made.argmax(1) == wanted).sum().item()


class SuperResolution:
    """Super-resolution: the mean absolute difference, and the mean PSNR of the luminance in decibels."""

    measure = "psnr"

    def __init__(self, args, network):
        (channels, h, w), (made, high, wide) = network.INPUT, network.OUTPUT
        self.is_wrapped = channels not in (1, 3)
        if self.is_wrapped and ((h, w) != (high, wide) or args.scale is None):
            raise ValueError(f"the network reads {channels} channels: it needs --scale and an output of its input's size")
        if not self.is_wrapped and (made != channels or high % h or wide % w or high // h != wide // w):
            raise ValueError(f"the network makes {network.OUTPUT} of {network.INPUT}; accepted: a whole enlargement")
        if not self.is_wrapped and args.scale not in (None, high // h):
            raise ValueError(f"--scale {args.scale}: the network enlarges {high // h} times")
        self.scale = args.scale if self.is_wrapped else high // h
        common = (3 if self.is_wrapped else channels, self.scale, args.patch, args.seed)
        parts = (pictures.Enlargements(args.data, part, *common) for part in ("train", "val"))
        self.train, self.val = parts

    def prepared(self, network):
        return Enlarger(network, self.scale) if self.is_wrapped else network

    def loss(self, made, wanted):
        return F.l1_loss(made.float(), wanted)

    def score(self, made, wanted):
        made = made.float().clamp(0, 1)
        if self.scale > 1 and min(wanted.shape[2:]) > 2 * self.scale:
            made, wanted = (one[:, :, self.scale : -self.scale, self.scale : -self.scale] for one in (made, wanted))
        off = made - wanted
        if off.shape[1] == 3:
            weights = off.new_tensor([65.481, 128.553, 24.966])[:, None, None] / 255
            off = (off * weights).sum(1, keepdim=True)
        return (-10 * off.square().mean((1, 2, 3)).clamp(min=1e-10).log10()).sum().item()


class Mean:
    """The running mean of a module's weights."""

    def __init__(self, network, decay):
        self.network, self.decay, self.steps = copy.deepcopy(network).eval(), decay, 0

    @torch.no_grad()
    def update(self, network):
        self.steps += 1
        # A short mean at first, so that the start is forgotten.
        share = max(1 - self.decay, 1 / (1 + self.steps))
        for mean, new in zip(self.network.state_dict().values(), network.state_dict().values()):
            mean.lerp_(new, share) if mean.is_floating_point() else mean.copy_(new)


class Training:
    """Everything that a checkpoint holds, and what steps need."""

    def __init__(self, args, processes):
        self.args, self.processes, self.epoch = args, processes, 0
        if args.batch % processes.world:
            raise ValueError(f"--batch {args.batch}: accepted: a multiple of the {processes.world} processes")
        torch.manual_seed(args.seed)
        self.plain = load_network(args.network)
        self.task = (SuperResolution if args.task == "super-resolution" else Classes)(args, self.plain)
        if args.weights:
            self.plain.load_weights(args.weights)
        self.network = self.task.prepared(self.plain).to(processes.device)
        if len(self.task.train) < args.batch:
            raise ValueError(f"--batch {args.batch}: accepted: at most the {len(self.task.train)} training pictures")
        if args.sync_bn and args.device == "cpu":
            raise ValueError("--sync-bn: PyTorch has it on GPUs alone")
        if args.sync_bn and processes.world > 1:
            self.network = nn.SyncBatchNorm.convert_sync_batchnorm(self.network)
        self.mean = Mean(self.network, args.ema) if args.ema else None
        self.optimizer, self.steps = self.new_optimizer(), len(self.task.train) // args.batch
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: self.rate(step))
        self.is_half = args.amp and args.device == "cuda"
        scaler = getattr(torch.amp, "GradScaler", None) or torch.cuda.amp.GradScaler
        self.scaler = scaler(enabled=self.is_half)
        self.parallel = self.network
        if processes.world > 1:
            devices = [processes.device] if args.device == "cuda" else None
            self.parallel = DistributedDataParallel(self.network, devices)

    def new_optimizer(self):
        # Of convolutions and dense layers; a number for every channel has one or three axes.
        matrices = [one for one in self.network.parameters() if one.dim() in (2, 4)]
        others = [one for one in self.network.parameters() if one.dim() not in (2, 4)]
        groups = [{"params": matrices, "weight_decay": self.args.weight_decay}, {"params": others, "weight_decay": 0.0}]
        groups = [group for group in groups if group["params"]]
        if not groups:
            raise ValueError(f"{self.args.network}: has no weights")
        if self.args.optimizer == "sgd":
            return torch.optim.SGD(groups, self.args.lr, momentum=0.9, nesterov=True)
        return torch.optim.AdamW(groups, self.args.lr)

    def rate(self, step):
        """The share of the highest learning rate: a line up, then half a cosine down to 0."""
        warm, last = round(self.args.warmup * self.steps), self.args.epochs * self.steps
        if step < warm:
            return (step + 1) / warm
        return 0.5 + 0.5 * math.cos(math.pi * min(1.0, (step - warm) / max(1, last - warm)))

    def half(self):
        if not self.args.amp:
            return contextlib.nullcontext()
        kind = self.args.device
        return torch.autocast(kind, torch.float16 if kind == "cuda" else torch.bfloat16)

    def batches(self, epoch):
        """The training batches of this process. The last pictures of a pass that fill no batch are left out."""
        processes, train = self.processes, self.task.train
        train.set_epoch(epoch)
        sampler = DistributedSampler(train, processes.world, processes.rank, seed=self.args.seed, drop_last=True)
        sampler.set_epoch(epoch)
        return DataLoader(train, self.args.batch // processes.world, sampler=sampler, drop_last=True, **self.loading())

    def loading(self):
        return {"num_workers": self.args.workers, "pin_memory": self.args.device == "cuda"}

    def pass_over(self, epoch):
        """One pass over the training pictures; the mean loss."""
        self.parallel.train()
        total = count = 0
        for step, (given, wanted) in enumerate(self.batches(epoch)):
            if step == self.steps:
                break
            given, wanted = (one.to(self.processes.device, non_blocking=True) for one in (given, wanted))
            with self.half():
                loss = self.task.loss(self.parallel(given), wanted)
            self.optimizer.zero_grad(set_to_none=True)
            self.scaler.scale(loss).backward()
            if self.args.clip:
                self.scaler.unscale_(self.optimizer)
                nn.utils.clip_grad_norm_(self.network.parameters(), self.args.clip)
            self.scaler.step(self.optimizer)
            self.scaler.update()
            self.schedule.step()
            if self.mean:
                self.mean.update(self.network)
            total, count = total + loss.detach(), count + 1
        total, count = self.processes.sums(float(total), count)
        if not math.isfinite(total):
            raise ValueError(f"pass {epoch + 1}: the loss is {total / count}; a lower --lr or --clip may help")
        return total / count

    @torch.no_grad()
    def measured(self):
        """The measure over all pictures that are not trained on."""
        processes, network, val = self.processes, self.mean.network if self.mean else self.network, self.task.val
        network.eval()
        own = Subset(val, range(processes.rank, len(val), processes.world))
        batch = 1 if self.args.task == "super-resolution" else max(1, self.args.batch // processes.world)
        total = 0.0
        for given, wanted in DataLoader(own, batch, sampler=SequentialSampler(own), **self.loading()):
            given, wanted = given.to(processes.device), wanted.to(processes.device)
            with self.half():
                made = network(given)
            total += self.task.score(made, wanted)
        total, count = processes.sums(total, len(own))
        return total / count

    def state(self):
        """Tensors, and everything else as JSON: PyTorch reads tensors from a file without running what is in it."""
        optimizer = self.optimizer.state_dict()
        plain = {"epoch": self.epoch, "settings": self.settings(), "groups": optimizer["param_groups"]}
        plain.update(schedule=self.schedule.state_dict(), scaler=self.scaler.state_dict())
        tensors = {"network": self.network.state_dict(), "optimizer": optimizer["state"]}
        if self.mean:
            tensors["mean"], plain["mean_steps"] = self.mean.network.state_dict(), self.mean.steps
        return {**tensors, "plain": json.dumps(plain)}

    def settings(self):
        """What a resumed training must have in common with the one that wrote the checkpoint."""
        left_out = {"out", "resume", "workers", "data", "weights", "device", "network"}
        return {name: value for name, value in vars(self.args).items() if name not in left_out}

    def resume(self, path):
        try:
            state = torch.load(path, map_location=self.processes.device, weights_only=True)
            plain = json.loads(state["plain"])
            settings, epoch = plain["settings"], plain["epoch"]
        except FileNotFoundError:
            raise ValueError(f"{path}: is not there; --resume goes on from a checkpoint") from None
        except Exception as error:
            raise ValueError(f"{path}: is no checkpoint ({type(error).__name__})") from None
        differs = [name for name, value in self.settings().items() if settings.get(name) != value]
        if differs:
            raise ValueError(f"{path}: was written with {differs[0]} {settings.get(differs[0])}; accepted: the same settings")
        try:
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict({"state": state["optimizer"], "param_groups": plain["groups"]})
            self.schedule.load_state_dict(plain["schedule"])
            self.scaler.load_state_dict(plain["scaler"])
            if self.mean:
                self.mean.network.load_state_dict(state["mean"])
                self.mean.steps = plain["mean_steps"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"{path}: is of another network ({str(error).splitlines()[0]})") from None
        self.epoch = epoch

    def save(self, out):
        """Checkpoint and weights, by one process; each appears whole or not at all."""
        best = self.mean.network if self.mean else self.network
        (best.body if isinstance(best, Enlarger) else best).save_weights(out / "weights.safetensors")
        torch.save(self.state(), out / "checkpoint.tmp")
        os.replace(out / "checkpoint.tmp", out / "checkpoint.pt")


def train(args):
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    processes = Processes(args.device)
    out = pathlib.Path(args.out)
    training = Training(args, processes)
    if args.resume:
        training.resume(out / "checkpoint.pt")
    elif (out / "checkpoint.pt").exists():
        raise ValueError(f"{out}: holds a training already; accepted: another folder, or --resume")
    if processes.rank == 0:
        out.mkdir(parents=True, exist_ok=True)
    processes.sums(0)  # Nobody writes before everybody has checked.
    for epoch in range(training.epoch, args.epochs):
        begin, rate = time.monotonic(), training.schedule.get_last_lr()[0]
        loss, measure = training.pass_over(epoch), training.measured()
        training.epoch = epoch + 1
        if processes.rank == 0:
            training.save(out)
            line = {"pass": epoch + 1, "loss": loss, training.task.measure: measure, "rate": rate}
            with open(out / "log.jsonl", "a") as log:
                log.write(json.dumps({**line, "seconds": round(time.monotonic() - begin, 3)}) + "\n")
            print(f"pass {epoch + 1}: loss {loss:.4f}, {training.task.measure} {measure:.4f}, rate {rate:.2e}", flush=True)


def main():
    args = arguments()
    try:
        train(args)
    except (ValueError, OSError) as error:
        # A process that reads pictures sends a traceback with the reason at its end.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        line = lines[-1].split(": ", 1)[-1] if lines[0].startswith("Caught ") else lines[0]
        print(f"train.py: {line}", file=sys.stderr)
        sys.exit(2)
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


if __name__ == "__main__":
    main()
