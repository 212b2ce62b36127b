"""Metrics by their definitions, written for clarity: what the tests of `autogo::train::tasks` compare with.

    python3 tests/metrics.py

Intersection over union: sets of pixels, classes that occur in either. PCK, NME: distances over scales. PSNR, SSIM: sums over
pixels, and over windows of 11x11 pixels (spread 1.5) that lie inside.
"""
import numpy as np

i = np.arange(200)
labels, said = i * i % 7 % 5, (3 * i + i // 4) % 5
counts = labels != 4
ious = []
for c in range(5):
    own, found = set(i[counts & (labels == c)]), set(i[counts & (said == c)])
    if own | found:
        ious.append(len(own & found) / len(own | found))
print("mean IoU", repr(np.mean(ious)))

errors, means = [], []
for picture in range(10):
    own = []
    for point in range(7):
        down, right = (picture * 3 + point) % 5 * 0.25, (picture + point * 2) % 7 * 0.5
        own.append(np.hypot(down, right) / (10 + picture))
    errors += own
    means.append(np.mean(own))
print("PCK@0.1", repr(np.mean(np.array(errors) <= 0.1)), "NME", repr(np.mean(means)))

row, column = np.mgrid[0:20, 0:24]
a = (row * 11 + column * 7 + row * column) % 256.0
b = (row * 11 + column * 7 + row * column + (row + 2 * column) % 9) % 256.0
print("PSNR", repr(10 * np.log10(255**2 / np.mean((a - b) ** 2))))

away = np.arange(11) - 5
window = np.exp(-(away[:, None] ** 2 + away[None] ** 2) / (2 * 1.5**2))
window /= window.sum()
c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
found = []
for y in range(10):
    for x in range(14):
        p, q = a[y : y + 11, x : x + 11], b[y : y + 11, x : x + 11]
        mp, mq = (window * p).sum(), (window * q).sum()
        vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
        cov = (window * (p - mp) * (q - mq)).sum()
        found.append((2 * mp * mq + c1) * (2 * cov + c2) / ((mp**2 + mq**2 + c1) * (vp + vq + c2)))
print("SSIM", repr(np.mean(found)))
