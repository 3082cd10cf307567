"""The overview of what a reader has solved, with export, import and reset."""

import html
import weakref

import traitlets

from cnnbook.exercises.catalogue import CHAPTERS
from cnnbook.exercises.reader import READER, checked
from cnnbook.live import Live

TEXT = {
    "static": "Solved exercises are counted here, in a browser with JavaScript or in JupyterLab.",
    "chapter": "Chapter {number}, {title}: {count} exercises",
}


class ProgressView(Live, source=__file__):
    """What you have solved, by chapter."""

    chapters = traitlets.List(read_only=True).tag(sync=True)
    base = traitlets.Unicode("").tag(sync=True)  # goes before a chapter's page in links
    # As in Exercise: filled only when a front end asks.
    progress = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    _asked = False

    def __init__(self, base: str = "", **kwargs: object) -> None:
        """List the exercises; `base` leads from this page to the chapters' pages."""
        chapters = [
            {
                "number": number,
                "title": title,
                "page": page,
                "exercises": [{"id": e.id, "title": e.title, "kind": e.kind} for e in exercises],
            }
            for number, (title, page, exercises) in CHAPTERS.items()
        ]
        self.set_trait("chapters", chapters)
        super().__init__(base=base, **kwargs)
        self.on_msg(ProgressView._hear)
        me = weakref.ref(self)
        self._deaf = READER.listen(lambda: (widget := me()) and widget._refresh())

    def close(self) -> None:
        """Close the widget and stop listening."""
        self._deaf()
        super().close()

    @traitlets.validate("progress")
    def _progress_is_one(self, proposal: traitlets.Bunch) -> dict:
        try:
            return checked(proposal.value) if proposal.value else {}
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None

    def _hear(self, content: dict, buffers: list) -> None:
        if content == {"kind": "hello"}:
            self._asked = True
            self._refresh()

    def _refresh(self) -> None:
        if self._asked:
            progress = READER.read()
            self.note = READER.note
            self.progress = progress

    @traitlets.observe("progress")
    def _keep(self, change: traitlets.Bunch) -> None:
        if self._asked and change.new and change.new != READER.read():
            READER.replace(change.new)
            self.note = READER.note

    def static_html(self) -> str:
        """Return the list of chapters."""
        items = "".join(
            f"<li>{html.escape(TEXT['chapter'].format(count=len(c['exercises']), **c))}</li>"
            for c in self.chapters
        )
        return f"<p>{TEXT['static']}</p><ul>{items}</ul>"
