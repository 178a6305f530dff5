"""What a person sees when somebody else was quicker, or the service names no row."""

from merchants.errors import Malformed
from receiving.editors import LinesEditor, ReceiptEditor, StowEditor
from receiving.editors.lines import LineRow, LotRow
from receiving.errors import WrongStatus


def fault(field: str, message: str) -> dict[str, str]:
    return {"field": field, "code": "invalid", "message": message}


def test_a_refusal_is_shown_above_the_table(world, soap):
    for editor in (
        LinesEditor(world.merchant, []),
        ReceiptEditor(world.merchant, []),
        StowEditor([], {}),
    ):
        editor.refuse(WrongStatus(message="It is completed."))
        assert editor.errors == ["It is completed."]


def test_a_fault_is_shown_where_it_is(world, vitamin):
    row = LineRow(vitamin, lots=[LotRow(), LotRow()])
    editor = LinesEditor(world.merchant, [row])
    faults = [
        fault("lines[0].lots[1].number", "a"),
        fault("lines[0].quantity", "b"),
        fault("boxes", "c"),
    ]
    editor.refuse(Malformed(errors=faults))
    assert (row.lots[1].errors, row.errors, editor.errors) == (["a"], ["b"], ["c"])
    stow = StowEditor([], {})
    stow.refuse(Malformed(errors=[fault("lines", "d")]))
    assert stow.errors == ["d"]
