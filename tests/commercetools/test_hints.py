"""What a notification makes us do, whatever carries it and whatever it leaves out."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from streams.codec.poison import Poison
from streams.commercetools.envelope import MOST
from streams.commercetools.hints import INVENTORY_MESSAGES, Hint, Hints, Skipped, hints_of
from streams.records.fetch_hint import FetchHint
from streams.relay.notifications import notification_feed

from .notifications import ENTRY, ORDER, base64_of, change, cloud_event, data, message, order

AT = 1_767_602_403_600
BY_SKU = Hint("sku:MUG-BLUE", FetchHint("NOTIFICATION", AT, resource_version=7))
QUANTITY_SET = message("InventoryEntryQuantitySet", sku="MUG-BLUE", newAvailableQuantity=48)


def hints(body: Any) -> tuple[Hint, ...]:
    found = hints_of(body if isinstance(body, bytes) else data(body), AT)
    assert isinstance(found, Hints), found
    return found.hints


def skipped(body: Any, **options: Any) -> Skipped:
    found = hints_of(data(body), AT, **options)
    assert isinstance(found, Skipped), found
    return found


WITHOUT_ENVELOPE = {**QUANTITY_SET}
del WITHOUT_ENVELOPE["notificationType"], WITHOUT_ENVELOPE["projectKey"]
WRAPPED = {
    "platform": QUANTITY_SET,
    "messages API": {**WITHOUT_ENVELOPE, "createdBy": {"clientId": "erp"}},
    "page of the messages API": {"count": 1, "results": [WITHOUT_ENVELOPE]},
    "cloudevents": cloud_event(QUANTITY_SET),
    "cloudevents, base64": {**cloud_event(QUANTITY_SET), "data": base64_of(QUANTITY_SET)},
    "pub/sub": {"message": {"data": base64_of(QUANTITY_SET), "messageId": "1"}, "subscription": "s"},
    "pub/sub with cloudevents": {"message": {"data": base64_of(cloud_event(QUANTITY_SET))}},
    "sns": {"Type": "Notification", "Message": json.dumps(QUANTITY_SET)},
    "sqs": {"Records": [{"body": json.dumps(QUANTITY_SET)}]},
    "sns in sqs": {"Records": [{"body": json.dumps({"Type": "Notification", "Message": json.dumps(QUANTITY_SET)})}]},
    "lambda of sns": {"Records": [{"Sns": {"Message": json.dumps(QUANTITY_SET)}}]},
    "base64 under message": {"message": base64_of(QUANTITY_SET)},
    "base64 under data": {"data": base64_of(QUANTITY_SET), "attributes": {}},
    "object under data": {"data": cloud_event(QUANTITY_SET)},
    "eventbridge": {"version": "0", "detail-type": "Message", "source": "x", "detail": QUANTITY_SET},
    "connect": {"schema": None, "payload": QUANTITY_SET},
    "json in json": json.dumps(QUANTITY_SET),
    "list": [QUANTITY_SET, QUANTITY_SET],
    "sqs, as received": {"Messages": [{"MessageId": "1", "Body": json.dumps(QUANTITY_SET)}]},
    "sns in sqs, as received": {"Messages": [{"Body": json.dumps({"Message": json.dumps(QUANTITY_SET)})}]},
    "one message of sqs": {"MessageId": "1", "ReceiptHandle": "x", "Body": json.dumps(QUANTITY_SET)},
    "one record of sqs": {"messageId": "1", "body": json.dumps(QUANTITY_SET)},
    "api gateway": {"resource": "/hook", "httpMethod": "POST", "body": json.dumps(QUANTITY_SET)},
    "api gateway, base64": {"resource": "/hook", "body": base64_of(QUANTITY_SET), "isBase64Encoded": True},
    "base64 with line breaks": base64.encodebytes(data(QUANTITY_SET)).decode(),
    "base64 for addresses": {"data": base64.urlsafe_b64encode(data({"é?>~": "ÿÿ", **QUANTITY_SET})).decode()},
    "base64 without padding": {"message": {"data": base64_of({**QUANTITY_SET, "x": ""}).rstrip("=")}},
}


@pytest.mark.parametrize("envelope", WRAPPED)
def test_every_envelope_says_the_same(envelope: str) -> None:
    assert hints(WRAPPED[envelope]) == (BY_SKU,)


def test_a_bare_base64_value_is_read() -> None:
    assert hints(base64_of(QUANTITY_SET).encode()) == (BY_SKU,)


@pytest.mark.parametrize("name", [name for name, counts in INVENTORY_MESSAGES.items() if counts])
def test_a_message_of_an_entry_leads_to_its_sku(name: str) -> None:
    fields = {"inventoryEntry": {"sku": "MUG-BLUE"}} if name.endswith("Created") else {"sku": "MUG-BLUE"}
    assert hints(message(name, **fields)) == (BY_SKU,)


def test_a_change_without_sku_leads_to_the_entry() -> None:
    wanted = Hint(f"inventory-entry:{ENTRY}", FetchHint("NOTIFICATION", AT, resource_version=8))
    assert hints(change("ResourceUpdated")) == (wanted,)


def test_a_change_that_names_the_sku_leads_to_it() -> None:
    named = {"resourceUserProvidedIdentifiers": {"sku": "MUG-BLUE"}}
    assert hints(change("ResourceDeleted", **named))[0].key == "sku:MUG-BLUE"


@pytest.mark.parametrize("envelope", [lambda body: body, cloud_event])
def test_a_message_too_large_is_known_by_its_payload_type(envelope: Any) -> None:
    body = message("")
    del body["type"]
    body["payloadNotIncluded"] = {"reason": "Payload too large.", "payloadType": "InventoryEntryQuantitySet"}
    assert hints(envelope(body))[0].key == f"inventory-entry:{ENTRY}"


def test_a_message_without_any_type_is_known_by_its_envelope() -> None:
    body = {**message(""), "payloadNotIncluded": {}}
    del body["type"]
    kind = "com.commercetools.inventory-entry.message.InventoryEntryDeleted"
    assert hints(cloud_event(body, kind))[0].key == f"inventory-entry:{ENTRY}"


@pytest.mark.parametrize("left_out", [{}, {"reason": "Payload too large."}])
@pytest.mark.parametrize("without", [["type"], ["type", "notificationType"]])
def test_a_message_that_nothing_names_leads_to_its_entry(left_out: dict[str, str], without: list[str]) -> None:
    body = {**message(""), "payloadNotIncluded": left_out}
    for name in without:
        del body[name]
    assert hints(body)[0].key == f"inventory-entry:{ENTRY}"


@pytest.mark.parametrize(
    ("kind", "resource", "key"),
    [
        ("inventory-entry.message.InventoryEntryQuantitySet", ENTRY, f"inventory-entry:{ENTRY}"),
        ("inventory-entry.change.ResourceDeleted", ENTRY, f"inventory-entry:{ENTRY}"),
        ("order.message.OrderCreated", ORDER, f"order:{ORDER}"),
    ],
)
@pytest.mark.parametrize("data", [None, {}, ""])
def test_a_cloud_event_without_data_is_known_by_its_attributes(kind: str, resource: str, key: str, data: Any) -> None:
    event = {**cloud_event(QUANTITY_SET, f"com.commercetools.{kind}"), "subject": resource, "data": data}
    assert hints(event)[0].key == key
    assert skipped(event, project="other").why == "other-project"
    del event["data"]
    assert hints(event)[0].key == key
    assert skipped({**event, "subject": ""}).why == skipped({**event, "type": "x"}).why == "unknown-kind"


@pytest.mark.parametrize("order_first", [True, False])
def test_a_sku_named_at_once_and_by_an_order_is_read_at_once_and_when_stock_has_settled(order_first: bool) -> None:
    both = [message("OrderCreated", "order", ORDER, order=order("MUG-BLUE")), QUANTITY_SET]
    found = hints(both if order_first else both[::-1])
    assert sorted(found, key=lambda hint: hint.value.not_before or 0) == [
        BY_SKU,
        Hint("sku:MUG-BLUE", FetchHint("ORDER", AT, AT + 12_000)),
    ]


def test_an_order_with_its_lines_leads_to_their_skus_after_the_delay_of_stock() -> None:
    body = message("OrderImported", "order", ORDER, order=order("MUG-BLUE", "BOWL", "MUG-BLUE"))
    wanted = FetchHint("ORDER", AT, AT + 12_000)
    assert hints(body) == (Hint("sku:MUG-BLUE", wanted), Hint("sku:BOWL", wanted))


@pytest.mark.parametrize(
    "body",
    [
        message("OrderStateChanged", "order", ORDER, orderState="Cancelled"),
        message("SomeLaterOrderMessage", "order", ORDER),
        message(
            "OrderEditApplied", "order", ORDER, edit={"typeId": "order-edit", "id": "e"}, result={"type": "Applied"}
        ),
        message("OrderCreated", "order", ORDER, payloadNotIncluded={"payloadType": "OrderCreated"}),
        change("ResourceUpdated", "order", ORDER),
        change("ResourceDeleted", "order", ORDER, dataErasure=True),
    ],
)
def test_every_other_event_of_an_order_leads_to_the_order(body: dict[str, Any]) -> None:
    (found,) = hints(body)
    assert found.key == f"order:{ORDER}"
    assert (found.value.reason, found.value.not_before) == ("ORDER", AT + 12_000)


def test_nothing_of_an_order_but_ids_and_skus_goes_further() -> None:
    told = str(hints_of(data(message("OrderCreated", "order", ORDER, order=order("MUG-BLUE"))), AT))
    assert "buyer" not in told and "Ada" not in told


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (change("ResourceCreated", "subscription"), "test-notification"),
        ({"notificationType": "Event", "id": "1", "type": "ImportContainerCreated"}, "event"),
        (message("ProductPublished", "product"), "not-needed"),
        (message("SomethingNew", "some-later-type"), "not-needed"),
        (message("InventoryEntrySomethingNew"), "unknown-kind"),
        (message("InventoryEntryReservationExpirationInMinutesSet"), "no-effect-on-stock"),
        ({**QUANTITY_SET, "notificationType": "SomethingNew"}, "unknown-kind"),
        ({**QUANTITY_SET, "resource": {"typeId": "inventory-entry"}}, "unknown-kind"),
        (message("OrderCreated", "order", ORDER, order=order()), "no-sku"),
        ({"notificationType": "SomethingNew", "resource": "/hook"}, "unknown-kind"),
        ([], "unknown-kind"),
    ],
)
def test_what_we_do_not_need_is_skipped_with_its_reason(body: Any, why: str) -> None:
    assert skipped(body).why == why


def test_other_projects_are_skipped_when_ours_is_named() -> None:
    assert skipped(QUANTITY_SET, project="other").why == "other-project"
    assert isinstance(hints_of(data(QUANTITY_SET), AT, project="pottery-demo"), Hints)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (b"", None),
        (b"hello", None),
        (b"\xff\xfe", None),
        (b"17", None),
        (b'{"message": {"data": "!"}}', "message.data"),
        (b"[1]", "[0]"),
        (b'{"hello": "world"}', None),
        (b'{"resource": "/hook", "body": "{}"}', "body"),
        (b'{"message": "hello", "data": [1]}', None),
        (b'{"Records": [{"body": "hello"}]}', "Records[0].body"),
    ],
)
def test_what_cannot_be_read_says_so_without_showing_it(value: bytes, field: str | None) -> None:
    found = hints_of(value, AT)
    assert isinstance(found, Poison)
    assert (found.code, found.field) == ("undecodable", field)
    assert found.value is not None and "hello" not in found.value + found.remedy


def test_wrappers_without_end_are_refused() -> None:
    body: Any = QUANTITY_SET
    for _ in range(20):
        body = {"payload": body}
    assert isinstance(hints_of(data(body), AT), Poison)


BROKEN: dict[str, Any] = {
    "list": [7, QUANTITY_SET, {"hello": "world"}, change("ResourceUpdated")],
    "sqs": {"Records": [{"body": json.dumps(one)} for one in ("{", QUANTITY_SET, "}", change("ResourceUpdated"))]},
    "as received": {
        "Messages": [
            {"Body": one} for one in ("{", json.dumps(QUANTITY_SET), "", json.dumps(change("ResourceUpdated")))
        ]
    },
}
PLACES = {
    "list": "[0], [2]",
    "sqs": "Records[0].body, Records[2].body",
    "as received": "Messages[0].Body, Messages[2].Body",
}


@pytest.mark.parametrize("envelope", BROKEN)
def test_what_cannot_be_read_hides_no_other_of_the_record(envelope: str) -> None:
    found = hints_of(data(BROKEN[envelope]), AT)
    assert isinstance(found, Hints)
    assert [hint.key for hint in found.hints] == ["sku:MUG-BLUE", f"inventory-entry:{ENTRY}"]
    assert found.poison is not None
    assert (found.poison.code, found.poison.field) == ("undecodable", PLACES[envelope])
    assert "the other 2 of the record were taken" in found.poison.remedy


@pytest.mark.parametrize("envelope", BROKEN)
def test_the_relay_carries_the_good_ones_and_puts_the_record_aside(envelope: str) -> None:
    feed = notification_feed("notifications", None)
    made = feed.transform(b"key", data(BROKEN[envelope]), None, AT)
    assert [one.key for one in made.outputs] == ["sku:MUG-BLUE", f"inventory-entry:{ENTRY}"]
    assert made.outcome == "dead" and made.poison is not None and made.poison.field == PLACES[envelope]


def test_a_dead_letter_names_the_first_places_of_many() -> None:
    found = hints_of(data([1] * 25), AT)
    assert isinstance(found, Poison) and found.field is not None
    assert found.field.startswith("[0], [1], ") and found.field.endswith("[9] and 15 more")


def test_a_long_list_is_read_and_beyond_what_fits_into_a_record_it_is_told() -> None:
    many = [change("ResourceUpdated", resource_id=f"entry-{number}") for number in range(MOST + 5)]
    found = hints_of(data(many[:MOST]), AT)
    assert isinstance(found, Hints) and len(found.hints) == MOST and found.poison is None
    found = hints_of(data(many), AT)
    assert isinstance(found, Hints) and len(found.hints) == MOST
    assert found.poison is not None and found.poison.field == f"[{MOST}]" and str(MOST) in found.poison.remedy
