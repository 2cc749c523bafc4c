"""The papers, as they are cited."""

import re

import pytest

from recipes.experiment.papers import PAPERS


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_entries_are_bibtex(paper):
    kind, key = re.match(r"@(\w+)\{(\w+),\n", paper.bibtex).groups()
    assert kind in {"misc", "article", "inproceedings", "techreport"} and key == paper.key
    fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", paper.bibtex, re.MULTILINE))
    assert {"title", "author", "year"} < set(fields) and fields["year"] == str(paper.year)
    assert paper.bibtex.endswith("\n}") and paper.bibtex.count("{") == paper.bibtex.count("}")
    assert " and " not in paper.citation.partition(paper.title)[0]


def test_links_are_dois_or_arxivs():
    urls = [paper.url for paper in PAPERS.values() if paper.url]
    assert len(urls) == len(set(urls)) == len(PAPERS) - 1
    assert all(url.startswith(("https://doi.org/10.", "https://arxiv.org/abs/")) for url in urls)
