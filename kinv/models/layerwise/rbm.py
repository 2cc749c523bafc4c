"""The restricted Boltzmann machine."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.training.divergence import StopWhenDiverged, check_training_data

from .distribution import LARGEST, BoltzmannDistribution, generator_of
from .draws import Generator, draw, draw_index, split


@keras.saving.register_keras_serializable("kinv")
class RestrictedBoltzmannMachine(BoltzmannDistribution):
    """Binary hidden units and binary or Gaussian visible units, trained by contrastive divergence.

    See `BoltzmannDistribution` for the energies. Contrastive divergence (Hinton 2002) follows the difference of `v h'`
    under the data and after `steps` Gibbs steps. With `persistent=True` the chains continue across training steps
    (Tieleman 2008). Hidden units enter the gradient as probabilities.

    Args:
        visible_units, hidden_units: number of units.
        visible: `"bernoulli"` (data in 0..1) or `"gaussian"` (data of unit variance).
        steps: the k in CD-k.
        persistent: whether the chains continue across training steps. `sample` then starts from them.
        chains: number of persistent chains.
        binarize: whether to sample binary pixels for every training image, with the grey values as probabilities.
        weight_decay: L2 penalty on the weights.
        sparsity: target for the mean activation of hidden units, 0..1; `None` for no target (Lee, Ekanadham and Ng
            2008, equation 3; through the hidden biases only).
        sparsity_weight: weight of the sparsity penalty.
        seed: seeds the weights and all sampling during training.

    Call arguments:
        visible: float tensor `(B, V)`.

    Returns:
        `p(h = 1 | v)`, `(B, H)`.

    Raises:
        ValueError: an argument is out of range; or training data (an array, or the first batch of a stream) has
            another width, lies outside 0..1 for Bernoulli units, or is not finite.
        FloatingPointError: training diverged.

    Example:
        >>> rbm = RestrictedBoltzmannMachine(784, 500)
        >>> rbm.compile(keras.optimizers.SGD(0.1))
        >>> rbm(keras.ops.zeros((2, 784))).shape
        TensorShape([2, 500])
    """

    def __init__(
        self,
        visible_units: int,
        hidden_units: int,
        *,
        visible: str = "bernoulli",
        steps: int = 1,
        persistent: bool = False,
        chains: int = 100,
        binarize: bool = False,
        weight_decay: float = 0.0,
        sparsity: float | None = None,
        sparsity_weight: float = 0.1,
        seed: int = 0,
        name: str = "rbm",
    ):
        super().__init__(visible_units, hidden_units, visible, seed, name)
        if steps < 1 or chains < 1:
            raise ValueError(f"steps and chains must be at least 1, received {steps} and {chains}")
        if persistent and chains * visible_units > LARGEST:
            raise ValueError(
                f"chains x visible_units must be at most {LARGEST:,}, received {chains} x {visible_units}: "
                "use fewer chains"
            )
        if binarize and visible != "bernoulli":
            raise ValueError(f"binarize=True needs visible='bernoulli', received {visible!r}: pass binarize=False")
        if weight_decay < 0 or sparsity_weight < 0 or (sparsity is not None and not 0 < sparsity < 1):
            raise ValueError(
                "weight_decay and sparsity_weight must not be negative and sparsity must lie in 0..1, received "
                f"{weight_decay}, {sparsity_weight} and {sparsity}"
            )
        self.steps, self.persistent, self.chains, self.binarize = steps, persistent, chains, binarize
        self.weight_decay, self.sparsity, self.sparsity_weight = weight_decay, sparsity, sparsity_weight
        self.drawn = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="drawn")
        if persistent:
            noise = keras.initializers.RandomUniform(0, 1, seed=seed + 1)
            self.chain = self.add_weight(
                shape=(chains, visible_units), initializer=noise, trainable=False, name="chain"
            )
        self.means = [keras.metrics.Mean(name=name) for name in ("reconstruction_error", "free_energy")]
        self.tested = keras.metrics.Mean(name="pseudo_likelihood")

    def fit(self, x=None, *args, callbacks=None, **kwargs):
        check_training_data(x, kwargs.get("validation_data"), self.visible_units, self.visible == "bernoulli")
        guard = StopWhenDiverged("reconstruction_error", "free_energy")
        return super().fit(x, *args, callbacks=[guard, *(callbacks or [])], **kwargs)

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """The default optimizer is SGD at 0.1; set the momentum in the optimizer."""
        if "loss" in kwargs:
            raise ValueError(f"contrastive divergence has no loss, received loss={kwargs['loss']!r}: leave it out")
        super().compile(optimizer=optimizer or keras.optimizers.SGD(0.1), **kwargs)
        self.optimizer.build(self.trainable_variables)

    def get_compile_config(self):
        return {"optimizer": keras.optimizers.serialize(self.optimizer)}

    def compile_from_config(self, config):
        self.compile(keras.optimizers.deserialize(config["optimizer"]))

    @property
    def metrics(self):
        return [*self.means, self.tested]

    def get_metrics_result(self):
        # the pseudo-likelihood is computed by `evaluate` only
        return {mean.name: mean.result() for mean in self.means}

    def train_step(self, data):
        visible, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self._report(self.learn(ops.cast(visible, "float32"), self.optimizer, generator_of(self)))

    def _report(self, values):
        for mean, value in zip(self.means, values, strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}

    def learn(self, visible: Any, optimizer: Any, generator: Generator = "philox") -> tuple[Any, Any]:
        """One step of contrastive divergence on `(B, V)`; returns mean reconstruction error and free energy.

        `generator` is the random number generator, see `kinv.models.layerwise.draws`.
        """
        from .gibbs import GibbsKernel, run_chain

        seeds = split(tf.stack([self.seed, self.drawn.value]), 2)
        self.drawn.assign_add(1)
        if self.binarize:
            visible = draw(visible, seeds[0], generator)
        kernel = GibbsKernel(self, generator=generator)
        given = kernel.bootstrap_results(visible)
        start, results = visible, given
        if self.persistent:
            start = self.chain.value
            results = kernel.bootstrap_results(start)
        modelled, results = run_chain(kernel, start, results, self.steps, seeds[1])
        if self.persistent:
            self.chain.assign(modelled)

        hidden = ops.sigmoid(given.pre_activations)
        means = self.visible_means(hidden) if self.persistent else results.means
        error, energy = ops.square(visible - means), self.free_energy_given(visible, given.pre_activations)
        values = ops.mean(error), ops.mean(energy)
        gradients = self.contrast(visible, hidden, modelled, ops.sigmoid(results.pre_activations))
        optimizer.apply(gradients, [self.kernel, self.visible_bias, self.hidden_bias])
        return values

    def measure(self, visible: Any) -> tuple[Any, Any]:
        """The same metrics on `(B, V)`, without training: the reconstruction from the hidden probabilities."""
        pre_activations = self.hidden_input(visible)
        means = self.visible_means(ops.sigmoid(pre_activations))
        return ops.mean(ops.square(visible - means)), ops.mean(self.free_energy_given(visible, pre_activations))

    def contrast(self, visible: Any, hidden: Any, model_visible: Any, model_hidden: Any) -> list[Any]:
        """Gradients to descend, of weights, visible and hidden biases: model statistics minus data statistics.

        Args:
            visible, hidden: units under the data, `(B, V)` and `(B, H)`.
            model_visible, model_hidden: units of the chains, `(M, V)` and `(M, H)`.
        """
        size, model_size = (1 / ops.cast(ops.shape(part)[0], "float32") for part in (visible, model_visible))
        both = ops.concatenate([-size * visible, model_size * model_visible])
        kernel = ops.matmul(ops.transpose(both), ops.concatenate([hidden, model_hidden]))
        visible_bias = ops.mean(model_visible, axis=0) - ops.mean(visible, axis=0)
        hidden_bias = ops.mean(model_hidden, axis=0) - ops.mean(hidden, axis=0)
        if self.weight_decay:
            kernel = kernel + self.weight_decay * self.kernel
        if self.sparsity is not None:
            excess = ops.mean(hidden, axis=0) - self.sparsity
            derivative = ops.mean(hidden * (1 - hidden), axis=0)
            hidden_bias = hidden_bias + 2 * self.sparsity_weight * excess * derivative
        return [kernel, visible_bias, hidden_bias]

    def first_state(self, count, seed, generator="philox"):
        """As in the base class; if persistent, random training chains, which training has moved to the modes."""
        if not self.persistent:
            return super().first_state(count, seed, generator)
        return tf.gather(self.chain.value, draw_index(count, self.chains, seed, generator))

    def test_step(self, data):
        visible, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        visible = ops.cast(visible, "float32")
        logs = self._report(self.measure(visible))
        if self.visible != "bernoulli":
            return logs
        # one pixel per image, seeded by the batch: differs between batches, the same in every evaluation
        seed = tf.stack([self.seed, tf.cast(ops.sum(visible), tf.int32)])
        flipped = draw_index(ops.shape(visible)[0], self.visible_units, seed)
        self.tested.update_state(self.pseudo_log_likelihood(visible, flipped))
        return {**logs, self.tested.name: self.tested.result()}

    def get_config(self):
        names = (
            "visible_units", "hidden_units", "visible", "steps", "persistent", "chains", "binarize", "weight_decay",
            "sparsity", "sparsity_weight", "seed", "name",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}
