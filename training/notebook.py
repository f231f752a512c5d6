"""``make evaluate``: run the evaluation notebook from top to bottom and export it to HTML."""

import tomllib
import warnings
from pathlib import Path
from typing import Annotated, Any, Final

import nbformat
import papermill
import typer
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from rich.console import Console
from traitlets.config import Config

from model.errors import SignpostError
from training.evidence.parts import material

ROOT: Final = Path(__file__).parent.parent
NOTEBOOK: Final = Path(__file__).parent / "evaluation.ipynb"
PICTURES: Final = ROOT / "docs" / "figures"


def run(parameters: dict[str, Any], output: Path, progress: bool = True) -> NotebookNode:
    """Execute the notebook with the parameters and write it, with its outputs, beside its HTML.

    Args:
        parameters: those of the notebook's first cell that are to differ.
        output: the HTML; the executed notebook gets the same name with ``.ipynb``.
        progress: a bar on standard error.

    Raises:
        papermill.PapermillExecutionError: a cell failed.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    executed = output.with_suffix(".ipynb")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # papermill's own, about parameters it cannot guess the type of
        papermill.execute_notebook(
            NOTEBOOK, executed, parameters=parameters, kernel_name="python3", cwd=ROOT, progress_bar=progress,
            config=Config({"KernelManager": {"transport": "ipc"}}),  # no port is opened
        )  # fmt: skip
    notebook = tidied(nbformat.read(executed, as_version=4))
    nbformat.write(notebook, executed)
    output.write_text(html(notebook), encoding="utf-8")
    return notebook


def tidied(notebook: NotebookNode) -> NotebookNode:
    """Without what differs from run to run and from machine to machine: times, paths, the injected cell."""
    notebook.cells = [c for c in notebook.cells if "injected-parameters" not in c.metadata.get("tags", [])]
    notebook.metadata = NotebookNode(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for number, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        cell.metadata = NotebookNode({"tags": tags} if tags else {})
        cell.id = f"cell-{number:02}"
    return notebook


def html(notebook: NotebookNode) -> str:
    """One page for people: sentences and pictures, the code left out."""
    exporter = HTMLExporter(exclude_input=True, exclude_input_prompt=True, exclude_output_prompt=True)
    exporter.mathjax_url = ""  # nothing here needs it, and a page of evidence must not call home
    exporter.require_js_url = ""
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": "Signpost: the evidence"}})
    return str(page)


def main(
    data: Annotated[
        Path | None, typer.Option(help="Labelled narratives of your own (JSON Lines); the tests otherwise.")
    ] = None,
    models: Annotated[Path | None, typer.Option(help="The folder of trained models; var/models otherwise.")] = None,
    prevalence: Annotated[float | None, typer.Option(help="The share of calls that are mental health only.")] = None,
    costs: Annotated[
        Path | None, typer.Option(help="A TOML file with assumptions of your own, as in training/evidence/demand.toml.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most this many narratives of each part.")] = None,
    output: Annotated[Path, typer.Option(help="The HTML.")] = Path("var/evaluation.html"),
) -> None:
    """Run the evaluation notebook and export it. Without options it is also kept, with the README's pictures."""
    given = {
        "data": str(data.resolve()) if data else None,
        "models": str(models.resolve()) if models else None,
        "prevalence": prevalence,
        "costs": {n: [a["low"], a["high"]] for n, a in tomllib.loads(costs.read_text()).items()} if costs else None,
        "limit": limit,
    }
    parameters: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    console = Console(stderr=True)
    try:
        if data:
            material(data)  # faults in the data are worth a plain sentence, not a failed cell
    except SignpostError as error:
        console.print(str(error), markup=False)
        raise typer.Exit(2) from None
    shipped = not parameters
    if shipped:
        parameters["pictures"] = str(PICTURES)
    notebook = run(parameters, output)
    if shipped:
        nbformat.write(notebook, NOTEBOOK)
    console.print(f"Written: {output}" + (f", {NOTEBOOK.name} and the README's pictures" if shipped else ""))


if __name__ == "__main__":
    typer.run(main)
