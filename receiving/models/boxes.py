"""The boxes, pallets or containers of a WRO, and what is in each of them."""

from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from merchants.indexes import PrefixIndex
from receiving.models.lines import Line, LotLine
from receiving.models.wros import WRO

MOST_BOXES = 50


class Box(models.Model):
    """One box, pallet or container of a WRO, by its place in the list."""

    wro = models.ForeignKey(WRO, models.CASCADE, related_name="boxes", db_index=False)
    position = models.PositiveSmallIntegerField()
    tracking_number = models.CharField(max_length=64, blank=True)

    objects = models.Manager()

    class Meta:
        verbose_name_plural = "boxes"
        ordering = ["wro", "position"]
        indexes = [PrefixIndex(fields=["tracking_number"], name="box_tracking_number")]
        constraints = [
            models.UniqueConstraint(fields=["wro", "position"], name="one_box_per_place_of_a_wro"),
            models.UniqueConstraint(fields=["id", "wro"], name="box_and_its_wro"),
            models.CheckConstraint(
                condition=Q(position__lte=MOST_BOXES),
                name="a_wro_has_at_most_50_boxes",
                violation_error_message="A WRO has at most 50 boxes.",
            ),
        ]

    def __str__(self):
        return self.tracking_number or f"box {self.position}"


class BoxContent(models.Model):
    """Units of a line that come in one box: of a lot line, or of a line without lots.

    Optional: a WRO may leave open what is in which box. Written with the draft. Nothing is deleted
    here by way of another table (``DO_NOTHING``): the services take contents out first, in one
    statement for any number, and the database refuses what would be left behind.
    """

    wro = models.ForeignKey(WRO, models.DO_NOTHING, related_name="+", db_constraint=False)
    box = models.ForeignKey(Box, models.DO_NOTHING, related_name="contents", db_constraint=False)
    line = models.ForeignKey(Line, models.DO_NOTHING, related_name="packed", db_constraint=False)
    lot_line = models.ForeignKey(
        LotLine, models.DO_NOTHING, null=True, related_name="packed", db_constraint=False
    )
    quantity = models.PositiveIntegerField()

    objects = models.Manager()

    class Meta:
        verbose_name = "content of a box"
        verbose_name_plural = "contents of boxes"
        ordering = ["box", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["box", "line"],
                condition=Q(lot_line=None),
                name="a_product_without_lots_once_per_box",
            ),
            models.UniqueConstraint(fields=["box", "lot_line"], name="a_lot_once_per_box"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_box_content_is_units"),
            CompositeForeignKey("box", same={"wro": "wro"}, name="box_content_is_of_its_wros_box"),
            CompositeForeignKey(
                "line", same={"wro": "wro"}, name="box_content_is_of_its_wros_line"
            ),
            CompositeForeignKey(
                "lot_line", same={"line": "line"}, name="box_content_is_of_its_lines_lot"
            ),
        ]

    def __str__(self):
        return f"{self.quantity} of {self.lot_line or self.line}"
