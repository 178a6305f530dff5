"""What the two merchants of the demo sell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from inventory.services.products import ProductFields


@dataclass(frozen=True, slots=True)
class Item:
    """A product; ``expires_in`` are days from today for its lots A, B and C (none: no lots)."""

    sku: str
    name: str
    expires_in: tuple[int, ...] = ()
    fields: ProductFields = field(default_factory=ProductFields)

    @property
    def prefix(self) -> str:
        """The letters that its lot numbers begin with."""
        return "".join(part[0] for part in self.sku.split("-") if part[0].isalpha())


def _lots(sku: str, name: str, *expires_in: int, **fields: object) -> Item:
    return Item(sku, name, expires_in, cast(ProductFields, fields))


SUPPLEMENTS = (
    _lots("VITAMIN-C-90CT", "Vitamin C 1000 mg, 90 count", 152, 340, 520, min_shelf_life_days=30),
    _lots("VITAMIN-D3-120CT", "Vitamin D3 5000 IU, 120 count", 25, 190, 400),
    _lots("OMEGA-3-60CT", "Omega-3 fish oil, 60 softgels", -6, 84, 260, min_shelf_life_days=45),
    _lots("MAGNESIUM-90CT", "Magnesium glycinate, 90 count", 58, 240, 420),
    _lots("ZINC-60CT", "Zinc picolinate 30 mg, 60 count", 12, 210, 390, min_shelf_life_days=30),
    _lots("PROBIOTIC-30CT", "Probiotic 50 billion, 30 count", 21, 61, 120, return_action="dispose"),
    _lots("WHEY-CHOC-2LB", "Whey protein, chocolate, 2 lb", 88, 270, 450),
    _lots("WHEY-VAN-2LB", "Whey protein, vanilla, 2 lb", 118, 300, 480),
    _lots("PLANT-PROT-1KG", "Plant protein, 1 kg", 40, 230, 410),
    _lots("COLLAGEN-12OZ", "Collagen peptides, 12 oz", 170, 350, 530),
    _lots("CREATINE-500G", "Creatine monohydrate, 500 g", 300, 480, 660),
    _lots("ELECTRO-LEMON", "Electrolyte powder, lemon", 9, 150, 330),
    _lots("MULTI-WOMEN-60CT", "Multivitamin for women, 60 count", 95, 280, 460),
    _lots("MULTI-MEN-60CT", "Multivitamin for men, 60 count", 72, 260, 440),
    _lots("B12-DROPS-2OZ", "Vitamin B12 drops, 2 oz", -20, 130, 310),
    _lots("ASHWAGANDHA-60CT", "Ashwagandha, 60 count", 140, 320, 500),
    _lots("TURMERIC-90CT", "Turmeric with pepper, 90 count", 110, 290, 470),
    _lots("MELATONIN-100CT", "Melatonin 3 mg, 100 count", 200, 380, 560),
    _lots("GREEN-TEA-EXT", "Green tea extract, 60 count", 33, 215, 395),
    Item("SHAKER-24OZ", "Shaker bottle, 24 oz"),
    Item("PILL-BOX-7D", "Pill organizer, 7 days"),
    Item("TOTE-BAG", "Canvas tote bag"),
)
SKINCARE = (
    _lots("SERUM-VITC-30ML", "Vitamin C serum, 30 ml", 28, 200, 380, min_shelf_life_days=60),
    _lots("SERUM-HYAL-30ML", "Hyaluronic serum, 30 ml", 96, 280, 460),
    _lots("CREAM-DAY-50ML", "Day cream, 50 ml", 64, 250, 430),
    _lots("CREAM-NIGHT-50ML", "Night cream, 50 ml", 130, 310, 490),
    _lots("CREAM-EYE-15ML", "Eye cream, 15 ml", 48, 225, 405, return_action="dispose"),
    _lots("CLEANSER-150ML", "Gentle cleanser, 150 ml", 220, 400, 580),
    _lots("TONER-200ML", "Rose toner, 200 ml", -3, 160, 340),
    _lots("SPF50-75ML", "Mineral sunscreen SPF 50, 75 ml", 16, 140, 320, min_shelf_life_days=90),
    _lots("MASK-CLAY-100ML", "Clay mask, 100 ml", 180, 360, 540),
    _lots("OIL-FACE-30ML", "Face oil, 30 ml", 105, 290, 470),
    _lots("BALM-LIP-10G", "Lip balm, 10 g", 240, 420, 600, lot_entry="expiry"),
    _lots("RETINOL-30ML", "Retinol 0.5 %, 30 ml", 55, 235, 415, rts_action="quarantine"),
    _lots("MIST-FACE-100ML", "Face mist, 100 ml", 77, 255, 435),
    _lots("SCRUB-BODY-250ML", "Body scrub, 250 ml", 160, 340, 520),
    _lots("LOTION-BODY-300ML", "Body lotion, 300 ml", 125, 305, 485, rotation="fifo"),
    Item("HEADBAND-SPA", "Spa headband"),
    Item("ROLLER-JADE", "Jade roller"),
    Item("BOX-GIFT-S", "Gift box, small"),
)
CUSTOMERS = (
    ("Ada Moreau", "ada@example.com", "US"),
    ("Ben Okafor", "ben@example.com", "US"),
    ("Chiara Rossi", "chiara@example.com", "CA"),
    ("Dmitri Novak", "dmitri@example.com", "US"),
    ("Elif Kaya", "elif@example.com", "US"),
    ("Farah Haddad", "farah@example.com", "CA"),
)
