"""A Space: images, and what an artifact of kinv makes of them. `python app.py` starts it on this machine."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # no request to anywhere

import gradio as gr
import numpy as np

import kinv

ARTIFACT = os.environ.get("KINV_ARTIFACT", "itn_squeezenet")
SIZE = 227
ROWS, COLUMNS = 2, 4  # of random draws
FONT = ["system-ui", "sans-serif"]  # Gradio's own come from elsewhere

transformer = kinv.load(ARTIFACT)
if transformer.channels != 3:
    raise SystemExit(
        f"KINV_ARTIFACT must be an artifact of RGB images; {ARTIFACT} takes {transformer.channels} channel"
    )


def prepared(image: np.ndarray) -> np.ndarray:
    """The middle of an image `(H, W, 3)`, as the network saw images: float32 `(1, 227, 227, 3)` in 0..255."""
    if image is None:
        raise gr.Error("Choose an image first.")
    side = min(image.shape[:2])
    top, left = ((extent - side) // 2 for extent in image.shape[:2])
    places = np.linspace(0, side - 1, SIZE).round().astype(int)
    return image[top + places[:, None], left + places, :3][None].astype("float32")


def transform(image: np.ndarray, color_1: float, color_2: float, space_1: float, space_2: float) -> np.ndarray:
    """The transformation at these points of two planes, in 0..1, uint8 `(227, 227, 3)`."""
    ks = transformer.plane(np.array([[color_1, color_2]]), np.array([[space_1, space_2]]))
    moved = transformer.transform(prepared(image), *ks)
    return np.asarray(moved)[0].round().astype("uint8")


def augment(image: np.ndarray, seed: float) -> np.ndarray:
    """Random transformations of the family, as one image uint8 `(2 * 227, 4 * 227, 3)`."""
    images = np.repeat(prepared(image), ROWS * COLUMNS, axis=0)
    drawn = np.asarray(transformer.augment(images, seed=int(seed))).reshape(ROWS, COLUMNS, SIZE, SIZE, 3)
    return drawn.transpose(0, 2, 1, 3, 4).reshape(ROWS * SIZE, COLUMNS * SIZE, 3).round().astype("uint8")


def measured() -> str:
    """The result of a preset and its control, as a sentence; empty for other artifacts."""
    table = kinv.list_presets().set_index("preset")
    return (
        f"Measured: {table.at[ARTIFACT, 'result']}, {table.at[ARTIFACT, 'control']}." if ARTIFACT in table.index else ""
    )


def page() -> gr.Blocks:
    """The app, not started yet."""
    with gr.Blocks(title="kinv: what a network ignores") as blocks:
        gr.Markdown(f"# What does a network ignore?\nTransformations of `{ARTIFACT}`. {measured()}")
        with gr.Row():
            image = gr.Image(label="Your image", type="numpy", image_mode="RGB")
            moved = gr.Image(label="Transformed")
        codes = [gr.Slider(0, 1, 0.5, label=name) for name in ("Colour 1", "Colour 2", "Space 1", "Space 2")]
        for control in (image, *codes):
            control.change(transform, [image, *codes], moved)
        seed = gr.Slider(0, 100, 0, step=1, label="Seed")
        drawn = gr.Image(label="Random draws")
        for control in (image, seed):
            control.change(augment, [image, seed], drawn)
    return blocks


if __name__ == "__main__":
    page().launch(theme=gr.themes.Base(font=FONT, font_mono=["monospace"]))
