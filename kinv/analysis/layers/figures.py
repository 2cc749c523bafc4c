"""The heat map: how far each layer's output moves under each transformation."""

from matplotlib.figure import Figure

from kinv.figures.labels import SHORT, fitted, labels
from kinv.figures.style import headline, new_figure

from .movement import LayerMovement

FULL = 1.0  # as far as another image: the end of the colours
LIGHT = 0.6  # share of the colours from which numbers are black


def heat_map(found: LayerMovement) -> Figure:
    """A row for each layer, the first one at the top, and a column for each transformation.

    Colours and numbers are the mean movement over the range of magnitudes: 0 is an output that stays what it was, 1 one
    that is as far away as that for another image.

    Args:
        found: the result of `kinv.measure_layers`.
    """
    areas = found.areas()
    figure, axes = new_figure(0.62 * len(areas.columns) + 2.8, 0.3 * len(areas) + 2.2)
    axis = axes[0, 0]
    values = areas.to_numpy()
    image = axis.imshow(values, vmin=0, vmax=FULL, cmap="magma", aspect="auto")
    for row, numbers in enumerate(values):
        for column, number in enumerate(numbers):
            color = "black" if number > LIGHT * FULL else "white"
            axis.text(column, row, f"{number:.2f}", ha="center", va="center", color=color)
    axis.set_xticks(range(len(areas.columns)), labels(areas.columns), rotation=40, ha="right")
    axis.set_yticks(range(len(areas)), labels(areas.index, SHORT))
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    bar = figure.colorbar(image, ax=axis, extend="max" if (values > FULL).any() else "neither")
    bar.set_label(fitted("movement; 1: as far as another image", 0.5 * figure.get_figheight(), 3))
    headline(figure, f"{found.network}: how far outputs of layers move, mean over magnitudes")
    return figure
