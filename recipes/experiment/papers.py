"""The papers that kinv implements, as cards and pages cite them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """One paper.

    Attributes:
        key: in BibTeX.
        authors: with `and` between them.
        title, year: of the paper.
        url: of its DOI or arXiv page; empty if it has none.
        place: BibTeX's kind of entry, and the field and name of where it appeared.
    """

    key: str
    authors: str
    title: str
    year: int
    url: str
    place: tuple[str, str, str]

    @property
    def citation(self) -> str:
        """Authors, title and year with a link, in Markdown."""
        title = f"[{self.title}]({self.url})" if self.url else f'"{self.title}"'
        return f"{self.authors.replace(' and ', ', ')}, {title}, {self.year}"

    @property
    def bibtex(self) -> str:
        """The entry."""
        kind, field, name = self.place
        fields = {"title": self.title, "author": self.authors, "year": self.year, field: name, "url": self.url}
        lines = [f"  {key} = {{{value}}},\n" for key, value in fields.items() if value]
        return f"@{kind}{{{self.key},\n{''.join(lines)}}}"


PAPERS = {
    paper.key: paper
    for paper in (
        Paper(
            "bunne2018studying",
            "Charlotte Bunne and Lukas Rahmann and Thomas Wolf",
            "Studying Invariances of Trained Convolutional Neural Networks",
            2018,
            "https://arxiv.org/abs/1803.05963",
            ("misc", "eprint", "arXiv:1803.05963"),
        ),
        Paper(
            "kilcher2017parametrizing",
            "Yannic Kilcher and Gary Becigneul and Thomas Hofmann",
            "Parametrizing filters of a CNN with a GAN",
            2017,
            "https://arxiv.org/abs/1710.11386",
            ("misc", "eprint", "arXiv:1710.11386"),
        ),
        Paper(
            "despraz2017towards",
            "Jérémie Despraz and Stéphane Gomez and Héctor F. Satizábal and Carlos Andrés Peña-Reyes",
            "Towards a Better Understanding of Deep Neural Networks Representations using Deep Generative Networks",
            2017,
            "https://doi.org/10.5220/0006495102150222",
            ("inproceedings", "booktitle", "International Joint Conference on Computational Intelligence"),
        ),
        Paper(
            "erhan2010understanding",
            "Dumitru Erhan and Aaron Courville and Yoshua Bengio",
            "Understanding Representations Learned in Deep Architectures",
            2010,
            "",
            ("techreport", "institution", "Université de Montréal, technical report 1355"),
        ),
        Paper(
            "hinton2006fast",
            "Geoffrey E. Hinton and Simon Osindero and Yee-Whye Teh",
            "A Fast Learning Algorithm for Deep Belief Nets",
            2006,
            "https://doi.org/10.1162/neco.2006.18.7.1527",
            ("article", "journal", "Neural Computation"),
        ),
        Paper(
            "vincent2008extracting",
            "Pascal Vincent and Hugo Larochelle and Yoshua Bengio and Pierre-Antoine Manzagol",
            "Extracting and Composing Robust Features with Denoising Autoencoders",
            2008,
            "https://doi.org/10.1145/1390156.1390294",
            ("inproceedings", "booktitle", "International Conference on Machine Learning"),
        ),
    )
}  # fmt: skip
