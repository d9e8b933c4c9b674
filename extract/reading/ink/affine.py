"""Transform points and boxes by matrices (a b c d e f, as PDF writes them)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extract.entities import Quad
from extract.reading.ink.ink import Floats

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def multiply(first: Matrix, then: Matrix) -> Matrix:
    """Return the matrix that applies `first`, then `then`."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def map_points(x: Floats, y: Floats, matrix: Matrix) -> tuple[Floats, Floats]:
    """Map points through a matrix."""
    a, b, c, d, e, f = matrix
    return x * a + y * c + e, x * b + y * d + f


def map_boxes(box: Floats, matrix: Matrix) -> Floats:
    """Map (n, 4) boxes with any corner order to upright boxes x0 y0 x1 y1 around their images."""
    x0, y0 = map_points(box[:, 0], box[:, 1], matrix)
    x1, y1 = map_points(box[:, 2], box[:, 3], matrix)
    if abs(matrix[1]) > 1e-9 and abs(matrix[0]) > 1e-9:  # neither upright nor quarter-turned: all four corners count
        x2, y2 = map_points(box[:, 0], box[:, 3], matrix)
        x3, y3 = map_points(box[:, 2], box[:, 1], matrix)
        xs, ys = np.stack([x0, x1, x2, x3]), np.stack([y0, y1, y2, y3])
        return np.stack([xs.min(0), ys.min(0), xs.max(0), ys.max(0)], axis=1)
    return np.stack([np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1), np.maximum(y0, y1)], axis=1)


def visible_box(media: Sequence[float], crop: Sequence[float]) -> Quad:
    """Return left, bottom, right, top of the common part of a page's /MediaBox and /CropBox."""
    (left, right), (bottom, top) = sorted((media[0], media[2])), sorted((media[1], media[3]))
    (start, stop), (low, high) = sorted((crop[0], crop[2])), sorted((crop[1], crop[3]))
    return max(left, start), max(bottom, low), min(right, stop), min(top, high)


def display_matrix(box: tuple[float, float, float, float], quarter_turns: int) -> tuple[Matrix, float, float]:
    """Return matrix, width and height of the displayed page from its box and /Rotate in quarter turns."""
    left, bottom, right, top = box
    width, height = right - left, top - bottom
    if quarter_turns % 4 == 1:
        return (0.0, 1.0, 1.0, 0.0, -bottom, -left), height, width
    if quarter_turns % 4 == 2:
        return (-1.0, 0.0, 0.0, 1.0, right, -bottom), width, height
    if quarter_turns % 4 == 3:
        return (0.0, -1.0, -1.0, 0.0, top, right), height, width
    return (1.0, 0.0, 0.0, -1.0, -left, top), width, height
