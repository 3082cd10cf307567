"""The widget that shows an exercise of any kind and judges its answers."""

import html
import weakref

import traitlets

from cnnbook.exercises.definitions import Choice, Code, Definition, Predict, worded
from cnnbook.exercises.drawn import Grid
from cnnbook.exercises.reader import READER, checked_record
from cnnbook.exercises.verdict import prose_html
from cnnbook.live import Live

TEXT = {
    "label": "Exercise",
    "one": "Choose one.",
    "several": "Choose all that hold.",
    "blank": "Your answer:",
    "variant": "variant {got}: this exercise has {count}, counted from 0; −1 draws one",
}


class Exercise(Live, source=__file__):
    """A question that judges its answers in the page, with hints and a solution."""

    kind = traitlets.Unicode(read_only=True).tag(sync=True)
    spec = traitlets.Dict(read_only=True).tag(sync=True)
    variant = traitlets.Int(-1).tag(sync=True)  # −1: the page draws one
    concealed = traitlets.Bool(False).tag(sync=True)  # a prediction is still to be made
    # The reader's record. Filled only when a front end asks: a built page must not hold it.
    record = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    _asked = False

    def __init__(self, definition: Definition, **kwargs: object) -> None:
        """Show `definition`; nothing is read from the reader's file yet."""
        self.definition = definition
        self.set_trait("kind", definition.kind)
        self.set_trait("spec", definition.spec())
        super().__init__(concealed=isinstance(definition, Predict), **kwargs)
        self.on_msg(Exercise._hear)
        me = weakref.ref(self)
        self._deaf = READER.listen(lambda: (widget := me()) and widget._refresh())

    def close(self) -> None:
        """Close the widget and stop listening."""
        self._deaf()
        super().close()

    @traitlets.validate("variant")
    def _variant_exists(self, proposal: traitlets.Bunch) -> int:
        count = len(self.spec["faces"])
        if not -1 <= proposal.value < count:
            raise traitlets.TraitError(TEXT["variant"].format(got=proposal.value, count=count))
        return proposal.value

    @traitlets.validate("record")
    def _record_is_one(self, proposal: traitlets.Bunch) -> dict:
        if not proposal.value:
            return {}
        try:
            return checked_record(self.definition.id, proposal.value)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None

    def _hear(self, content: dict, buffers: list) -> None:
        if content == {"kind": "hello"}:
            self._asked = True
            self._refresh()

    def _refresh(self) -> None:
        if self._asked:
            record = READER.record(self.definition.id)
            self.note = READER.note
            self.record = dict(record)

    @traitlets.observe("record")
    def _keep(self, change: traitlets.Bunch) -> None:
        name = self.definition.id
        if self._asked and change.new and change.new != READER.record(name):
            READER.put(name, change.new)
            self.note = READER.note

    def static_html(self) -> str:
        """Return the question, its numbers and options, with room for an answer."""
        definition, face = self.definition, self.spec["faces"][0]
        parts = [f"<p><strong>{TEXT['label']}: {html.escape(definition.title)}</strong></p>"]
        parts += [f"<p>{prose_html(text)}</p>" for text in face["text"].split("\n\n")]
        parts += [table_html(caption, cells) for caption, _, cells in face["given"]]
        if isinstance(definition, Choice):
            items = "".join(f"<li>{prose_html(option.text)}</li>" for option in definition.options)
            parts.append(
                f"<p>{TEXT['several' if definition.several else 'one']}</p><ul>{items}</ul>"
            )
        elif isinstance(definition, Grid):
            rows, columns = self.spec["shape"]
            parts.append(table_html(definition.caption, [["\u2007\u2007"] * columns] * rows))
        elif isinstance(definition, Code):
            parts.append(f"<pre>{html.escape(definition.stub)}</pre>")
        else:
            parts.append(f"<p>{TEXT['blank']} ____ {html.escape(self.spec['unit'])}</p>")
        return f'<div class="cnnbook-exercise-static">{"".join(parts)}</div>'


def table_html(caption: str, cells: list[list]) -> str:
    """Return a matrix as an HTML table."""
    rows = "".join(
        f"<tr>{''.join(f'<td>{html.escape(worded(cell))}</td>' for cell in row)}</tr>"
        for row in cells
    )
    return f"<table><caption>{prose_html(caption)}</caption><tbody>{rows}</tbody></table>"
