"""Logistic regression on features of a frozen network: the linear probe, trained until it no longer changes."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

WEIGHTS = (1e-3, 1e-1)  # L2, for a mean loss and features of standard deviation 1; chosen on validation images
ITERATIONS = 300  # of L-BFGS; it stops earlier, where the gradient is nearly 0


@dataclass(frozen=True)
class Probe:
    """A linear classifier of two classes: the second one where `features @ weights + bias` is positive."""

    weights: np.ndarray
    bias: float

    def right(self, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Bool `(N,)`, for features `(N, F)` and labels `(N,)` of 0 and 1."""
        return ((features @ self.weights + self.bias) > 0) == (labels == 1)


def fitted(features: np.ndarray, labels: np.ndarray, weight: float) -> Probe:
    """The minimum of the mean logistic loss plus `weight / 2` times the squared norm of the weights.

    Args:
        features: `(N, F)`; the probe takes them as they are, while `weight` is for standardised ones.
        labels: 0 or 1, `(N,)`.
        weight: of the penalty.
    """
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-3 * features.std() + 1e-9
    x, sign = ((features - mean) / deviation).astype("float64"), np.where(labels == 1, 1.0, -1.0)

    def loss(parameters):
        margin = sign * (x @ parameters[:-1] + parameters[-1])
        slope = -sign * np.exp(-np.logaddexp(0, margin)) / len(x)
        value = np.logaddexp(0, -margin).mean() + weight / 2 * parameters[:-1] @ parameters[:-1]
        return value, np.append(x.T @ slope + weight * parameters[:-1], slope.sum())

    start = np.zeros(x.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS, "gtol": 1e-5}).x
    weights = found[:-1] / deviation
    return Probe(weights.astype("float32"), float(found[-1] - mean @ weights))


def best(
    features: np.ndarray, labels: np.ndarray, validation: np.ndarray, validation_labels: np.ndarray
) -> tuple[Probe, float]:
    """The probe whose penalty is best on validation images, and its accuracy on these."""
    probes = [fitted(features, labels, weight) for weight in WEIGHTS]
    accuracies = [float(probe.right(validation, validation_labels).mean()) for probe in probes]
    chosen = int(np.argmax(accuracies))
    return probes[chosen], accuracies[chosen]
