"""How much better some predictions are than others."""

import numpy as np
from scipy.special import logsumexp
from scipy.stats import binomtest

SIGNIFICANT, CLEARLY = 1e-4, 0.2  # p of a sign test, and the least difference of two accuracies


def is_better(other: np.ndarray, right: np.ndarray, labels: np.ndarray) -> bool:
    """Whether far more are right (the sign test over images on which the two differ), also than of one class only."""
    won, lost = int((other & ~right).sum()), int((right & ~other).sum())
    one_class = np.bincount(labels).max() / len(labels)
    if won + lost == 0 or np.mean(other) - max(np.mean(right), one_class) < CLEARLY:
        return False
    return bool(binomtest(won, won + lost, alternative="greater").pvalue < SIGNIFICANT)


def entropy(classes: np.ndarray) -> float:
    """The entropy of class indices `(N,)` in nats: no predictions that are the same for every image do better."""
    shares = np.bincount(classes) / len(classes)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean cross-entropy of labels `(N,)` and the softmax of logits `(N, K)`, in nats."""
    return float(np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]))


def confidence(logits: np.ndarray) -> float:
    """The mean softmax output of the predicted class."""
    return float(np.exp(logits.max(axis=1) - logsumexp(logits, axis=1)).mean())
