import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = settings.BASE_DIR / "templates"
NAMES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.*") if path.is_file())


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles(name):
    assert get_template(name).origin.name == str(ROOT / name)


@pytest.mark.parametrize("name", NAMES)
def test_no_template_has_inline_script_or_style(name):
    text = (ROOT / name).read_text()

    assert "style=" not in text
    assert "<style" not in text
    assert "onclick=" not in text
