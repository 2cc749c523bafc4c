"""The restricted Boltzmann machine."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.ops.weighted_mean import weighted_mean
from kinv.requirements import tensorflow_needed
from kinv.training.checked_data import checked_vector_data
from kinv.training.divergence import StopWhenDiverged

from .distribution import LARGEST, BoltzmannDistribution, generator_of
from .draws import Generator, draw, draw_index, split

METRICS = ("reconstruction_error", "free_energy")


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
        **kwargs: `name`, `trainable` and `dtype`, as in `kinv.training.Method`.

    Call arguments:
        visible: float tensor `(B, V)`.

    Returns:
        `p(h = 1 | v)`, `(B, H)`.

    Raises:
        ValueError: an argument is out of range; or training data (an array, or the first batch of a stream) has
            another width, lies outside 0..1 for Bernoulli units, or is not finite.
        FloatingPointError: training diverged.

    Examples:
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
        **kwargs: Any,
    ):
        super().__init__(visible_units, hidden_units, visible, seed, METRICS, **kwargs)
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
        self.drawn = self.add_weight(
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="drawn",
        )
        if persistent:
            noise = keras.initializers.RandomUniform(0, 1, seed=seed + 1)
            self.chain = self.add_weight(
                shape=(chains, visible_units),
                initializer=noise,
                trainable=False,
                aggregation="only_first_replica",
                name="chain",
            )
        self.tested = keras.metrics.Mean(name="pseudo_likelihood")

    def fit(self, x=None, *args, validation_data=None, callbacks=None, **kwargs):
        x, validation_data = checked_vector_data(x, validation_data, self.visible_units, self.in_unit_range)
        guard = StopWhenDiverged(*METRICS)
        callbacks = [guard, *(callbacks or [])]
        return super().fit(x, *args, validation_data=validation_data, callbacks=callbacks, **kwargs)

    def evaluate(self, x=None, *args, **kwargs):
        x, _ = checked_vector_data(x, None, self.visible_units, self.in_unit_range)
        return super().evaluate(x, *args, **kwargs)

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """The default optimizer is SGD at 0.1; set the momentum in the optimizer."""
        if kwargs.get("loss") is not None:
            raise ValueError(f"contrastive divergence has no loss, received loss={kwargs['loss']!r}: leave it out")
        super().compile(optimizer=optimizer or keras.optimizers.SGD(0.1), **kwargs)
        self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self):
        return [*super().metrics, self.tested]

    def get_metrics_result(self):
        return {name: value for name, value in super().get_metrics_result().items() if name != self.tested.name}

    def train_step(self, data):
        visible, _, weights = keras.utils.unpack_x_y_sample_weight(data)
        visible = ops.cast(visible, "float32")
        values = self.learn(visible, self.optimizer, generator_of(self), weights)
        return self._report(visible, weights, values)

    def _report(self, visible, weights, values):
        if self.measures_more:
            means = self.visible_means(self.hidden_probabilities(visible))
            self.compute_metrics(None, visible, means, weights)
        return self.report(*values)

    def learn(
        self, visible: Any, optimizer: Any, generator: Generator = "philox", weights: Any = None
    ) -> tuple[Any, Any]:
        """One step of contrastive divergence on `(B, V)`; returns mean reconstruction error and free energy.

        Args:
            visible: vectors as in training.
            optimizer: what changes the weights.
            generator: random number generator, see `kinv.models.layerwise.draws`.
            weights: how much every vector counts, `(B,)`; default: all alike.
        """
        with tensorflow_needed("Gibbs sampling"):
            from .gibbs import GibbsKernel, run_chain

        seeds = split(tf.stack([self.seed, self._number_of_draw()]), 2)
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
        values = self._measured(visible, means, given.pre_activations, weights)
        gradients = self.contrast(visible, hidden, modelled, ops.sigmoid(results.pre_activations), weights)
        self.descend(optimizer, gradients, [self.kernel, self.visible_bias, self.hidden_bias])
        return values

    def _number_of_draw(self):
        """Differs between steps, and between replicas."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if replicas == 1:
            return self.drawn.value
        return (
            tf.convert_to_tensor(self.drawn) * replicas + tf.distribute.get_replica_context().replica_id_in_sync_group
        )

    def measure(self, visible: Any, weights: Any = None) -> tuple[Any, Any]:
        """The same metrics on `(B, V)`, without training: the reconstruction from the hidden probabilities."""
        pre_activations = self.hidden_input(visible)
        return self._measured(visible, self.visible_means(ops.sigmoid(pre_activations)), pre_activations, weights)

    def _measured(self, visible, means, pre_activations, weights):
        error, energy = ops.square(visible - means), self.free_energy_given(visible, pre_activations)
        if weights is None:
            return ops.mean(error), ops.mean(energy)
        return ops.mean(weighted_mean(error, weights)), weighted_mean(energy, weights)

    def contrast(
        self, visible: Any, hidden: Any, model_visible: Any, model_hidden: Any, weights: Any = None
    ) -> list[Any]:
        """Gradients to descend, of weights, visible and hidden biases: model statistics minus data statistics.

        Args:
            visible, hidden: units under the data, `(B, V)` and `(B, H)`.
            model_visible, model_hidden: units of the chains, `(M, V)` and `(M, H)`.
            weights: how much every vector counts, `(B,)`. Chains that started at the data count as their start.
        """
        model_weights = None if self.persistent else weights
        shares = -_shares(visible, weights), _shares(model_visible, model_weights)
        both = ops.concatenate([share * part for share, part in zip(shares, (visible, model_visible), strict=True)])
        kernel = ops.matmul(ops.transpose(both), ops.concatenate([hidden, model_hidden]))
        visible_bias = weighted_mean(model_visible, model_weights) - weighted_mean(visible, weights)
        hidden_bias = weighted_mean(model_hidden, model_weights) - weighted_mean(hidden, weights)
        if self.weight_decay:
            kernel = kernel + self.weight_decay * self.kernel
        if self.sparsity is not None:
            excess = weighted_mean(hidden, weights) - self.sparsity
            derivative = weighted_mean(hidden * (1 - hidden), weights)
            hidden_bias = hidden_bias + 2 * self.sparsity_weight * excess * derivative
        gradients = [kernel, visible_bias, hidden_bias]
        if weights is None:
            return gradients
        counts = ops.cast(ops.sum(ops.cast(weights, "float32")) > 0, "float32")  # else there is nothing to learn from
        return [counts * gradient for gradient in gradients]

    def first_state(self, count, seed, generator="philox"):
        """As in the base class; if persistent, random training chains, which training has moved to the modes."""
        if not self.persistent:
            return super().first_state(count, seed, generator)
        return tf.gather(self.chain.value, draw_index(count, self.chains, seed, generator))

    def test_step(self, data):
        visible, _, weights = keras.utils.unpack_x_y_sample_weight(data)
        visible = ops.cast(visible, "float32")
        logs = self._report(visible, weights, self.measure(visible, weights))
        if self.visible != "bernoulli":
            return logs
        # one pixel per image, seeded by the batch: differs between batches, the same in every evaluation
        seed = tf.stack([self.seed, tf.cast(ops.sum(visible), tf.int32)])
        flipped = draw_index(ops.shape(visible)[0], self.visible_units, seed)
        self.tested.update_state(self.pseudo_log_likelihood(visible, flipped), weights)
        return {**logs, self.tested.name: self.tested.result()}

    def get_config(self):
        names = (
            "visible_units", "hidden_units", "visible", "steps", "persistent", "chains", "binarize", "weight_decay",
            "sparsity", "sparsity_weight", "seed",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _shares(vectors, weights):
    """How much every vector counts in a mean: one number, or `(B, 1)`."""
    if weights is None:
        return 1 / ops.cast(ops.shape(vectors)[0], "float32")
    weights = ops.reshape(ops.cast(weights, "float32"), (-1, 1))
    return ops.divide_no_nan(weights, ops.sum(weights))
