"""A wave whose job ends in the failed list stops, says why, and is resumed by either way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fulfillment.models import Order, Wave
from fulfillment.services import cancel_wave, interrupt_wave, release_wave
from fulfillment.tasks import run_wave
from inventory.models import Product
from jobs import services as jobs
from jobs.models import Job
from merchants.errors import Refusal
from merchants.models import Event
from tests.builders import World, acting, put
from tests.fulfillment.orders import demands, line, make_open_order
from tests.fulfillment.waves import make_wave, next_batch, topics
from tests.inventory.admin import browser, member_of
from tests.merchants.api import caller
from tests.refusals import refused

POISON = Refusal("no_paper", "There is no paper.")
TOLD = "Refusal: There is no paper."


@pytest.fixture
def orders(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Three open orders of one unit, two of them a batch; SOAP has all that they need."""
    monkeypatch.setattr("fulfillment.services.waves.BATCH", 2)
    soap: Product = world.product("SOAP")
    put(soap, world.bins[0], 9)
    return [make_open_order(world.merchant, line(soap, 1)) for _ in range(3)]


def release(wave: Wave) -> Job:
    """Release it; the job that was enqueued for it."""
    released = release_wave(wave_id=wave.pk, **acting())
    return Job.objects.get(pk=released.job_id)


def poison(job: Job, error: Exception = POISON) -> Job:
    """A worker takes the job, and what it meets ends it in the failed list."""
    jobs.beat(worker_id="ada")
    job.claim("ada")
    assert jobs.fail(job=job, error=error)
    jobs.leave(worker_id="ada")
    job.refresh_from_db()
    assert job.status == "FAILED"
    return job


def stopped(wave: Wave) -> Job:
    """Have it stop by itself behind its first batch; the job that failed."""
    job = release(wave)
    assert next_batch(wave)
    return poison(job)


def told(wave: Wave) -> tuple[str, str]:
    wave.refresh_from_db()
    return wave.status, wave.failure


def work_off(wave: Wave) -> list[int]:
    """What a worker does with its job; how many units each order has then."""
    run_wave.call(wave_id=wave.pk)
    assert told(wave) == ("completed", "")
    return [one.allocated for order in Order.objects.order_by("pk") for one in demands(order)]


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def page(client: Client, wave: Wave) -> str:
    return text_of(client.get(reverse("admin:fulfillment_wave_change", args=[wave.pk])))


def test_it_works(orders: list[Order]) -> None:
    wave = make_wave()
    stopped(wave)
    assert told(wave) == ("interrupted", TOLD)
    assert wave.done_count == 2
    last = Event.objects.filter(object=wave.number).latest("id")
    assert (last.topic, last.payload) == (
        "wave.interrupted",
        {"orders": 3, "done": 2, "failure": TOLD},
    )


def test_releasing_it_gives_it_to_a_new_job(orders: list[Order]) -> None:
    wave = make_wave()
    failed = stopped(wave)
    again = release(wave)
    assert list(Job.objects.all()) == [again] != [failed]  # nobody has to try that one again
    assert (told(wave), wave.done_count) == (("released", ""), 2)
    assert work_off(wave) == [1, 1, 1]


def test_trying_its_job_again_takes_it_up(orders: list[Order]) -> None:
    wave = make_wave()
    failed = stopped(wave)
    jobs.try_again(job=failed)
    assert (told(wave), wave.done_count) == (("released", ""), 2)
    with refused("wave_under_way"):
        release_wave(wave_id=wave.pk, **acting())
    assert work_off(wave) == [1, 1, 1]
    assert topics(wave)[1:] == [
        "wave.released",
        "wave.interrupted",
        "wave.released",
        "wave.completed",
    ]


def test_the_job_that_failed_is_not_tried_again_once_another_goes_through_it(
    orders: list[Order],
) -> None:
    wave = make_wave()
    failed = stopped(wave)
    release(wave)
    with refused("job_not_failed"):
        jobs.try_again(job=failed)
    assert told(wave) == ("released", "")


def test_a_job_that_fails_late_has_no_say_once_another_goes_through_it(
    orders: list[Order],
) -> None:
    wave = make_wave()
    late = release(wave)
    interrupt_wave(wave_id=wave.pk, **acting())
    release(wave)
    poison(late)
    assert told(wave) == ("released", "")
    jobs.try_again(job=late)
    assert told(wave) == ("released", "")
    assert topics(wave)[1:] == ["wave.released", "wave.interrupted", "wave.released"]


def test_who_interrupted_or_cancelled_it_is_not_overruled(orders: list[Order]) -> None:
    wave = make_wave()
    job = release(wave)
    interrupt_wave(wave_id=wave.pk, **acting())
    poison(job)
    assert told(wave) == ("interrupted", "")
    jobs.try_again(job=job)
    assert told(wave) == ("interrupted", "")
    release(wave)
    failed = poison(Job.objects.get(pk=Wave.objects.get().job_id))
    cancel_wave(wave_id=wave.pk, **acting())
    assert told(wave) == ("cancelled", "")
    assert not Job.objects.filter(pk=failed.pk).exists()


def test_an_attempt_that_is_followed_by_another_stops_nothing(orders: list[Order]) -> None:
    wave = make_wave()
    job = release(wave)
    jobs.beat(worker_id="ada")
    job.claim("ada")
    assert jobs.fail(job=job, error=ValueError("no paper"))
    job.refresh_from_db()
    assert (job.status, told(wave)) == ("READY", ("released", ""))


def test_a_long_failure_is_cut(orders: list[Order]) -> None:
    wave = make_wave()
    poison(release(wave), Refusal("no_paper", "x" * 900))
    assert told(wave) == ("interrupted", ("Refusal: " + "x" * 900)[:500])


def test_the_job_of_a_wave_that_is_gone_fails_like_any_other(orders: list[Order]) -> None:
    wave = make_wave()
    job = release(wave)
    Wave.objects.all().delete()
    jobs.try_again(job=poison(job))
    job.refresh_from_db()
    assert job.status == "READY"


def test_its_page_and_the_list_say_so(orders: list[Order]) -> None:
    wave = make_wave()
    job = stopped(wave)
    shown = page(browser(), wave)
    assert f"<strong>It stopped by itself:</strong> {TOLD}" in shown
    assert reverse("admin:jobs_job_change", args=[job.pk]) in shown
    assert ">Resume</button>" in shown
    assert "data-progress" not in shown
    assert f"Stopped: {TOLD}" in text_of(
        browser().get(reverse("admin:fulfillment_wave_changelist"))
    )


def test_only_who_may_see_jobs_is_led_there(orders: list[Order]) -> None:
    wave = make_wave()
    job = stopped(wave)
    shown = page(member_of("associate"), wave)
    assert TOLD in shown
    assert str(job.pk) not in shown


def test_the_api_says_why(orders: list[Order]) -> None:
    wave = make_wave()
    stopped(wave)
    staff = caller()
    address = f"waves/{wave.pk}/"
    assert {key: staff.get(address).json()[key] for key in ("status", "failure")} == {
        "status": "interrupted",
        "failure": TOLD,
    }
    assert staff.get("waves/").json()["results"][0]["failure"] == TOLD
    again = staff.post(f"{address}release/").json()
    assert (again["status"], again["failure"]) == ("released", None)
