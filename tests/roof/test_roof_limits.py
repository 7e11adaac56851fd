"""Every limit has a documented default and a test that runs into it; a new one without them is found here."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from hydrogen.config import Configuration
from tests.architecture.source_tree import parsed
from tests.roof.configuration_page import PAGE

TESTS = Path(__file__).parents[1]
SECTIONS = ("websocket", "web", "auth")

LIMIT = "websocket/test_websocket_limit.py"
WEB = "web/test_web_connection.py"
THROTTLE = "auth/test_auth_throttle.py"
BURST = f"{LIMIT}::test_more_than_the_burst_is_rate_limited_and_the_connection_stays"
COMMANDS = f"{LIMIT}::test_commands_are_limited_by_principal_over_all_its_connections"
HANDSHAKES = f"{LIMIT}::test_too_many_handshakes_get_503_with_a_random_time_to_wait"
REQUESTS = "web/test_web_application.py::test_who_asks_too_often_waits_and_others_do_not"
SEATS = "websocket/test_websocket_server.py::test_no_more_clients_than_there_is_room_for"
ABUSE = "websocket/test_websocket_dispatch.py::test_hundred_invalid_messages_are_abuse"
NO_PONG = f"{LIMIT}::test_machine_that_answers_no_ping_is_closed"
DRIP = f"{LIMIT}::test_handshake_that_comes_byte_by_byte_is_cut_off"
ROTATION = "auth/test_auth_audit_files.py::test_full_files_are_followed_by_the_next_and_the_oldest_goes"

TESTED: Mapping[str, str] = MappingProxyType(
    {
        "websocket.max_message_bytes": (
            "websocket/test_websocket_dispatch.py::test_longest_message_is_answered_and_one_byte_more_closes"
        ),
        "websocket.max_connections": SEATS,
        "websocket.max_connections_per_address": SEATS,
        "websocket.max_handshakes": (
            "websocket/test_websocket_lobby.py::test_door_has_room_for_so_many_and_is_free_when_they_come_in_or_leave"
        ),
        "websocket.max_handshakes_per_address": (
            f"{LIMIT}::test_those_who_only_stand_at_the_door_are_bounded_and_keep_nobody_out"
        ),
        "websocket.handshakes_per_second": HANDSHAKES,
        "websocket.handshakes_burst": HANDSHAKES,
        "websocket.handshake_timeout_seconds": DRIP,
        "websocket.ping_interval_seconds": NO_PONG,
        "websocket.ping_timeout_seconds": NO_PONG,
        "websocket.max_unsent_bytes": (
            "websocket/test_websocket_outbox.py::test_more_than_a_mebibyte_unsent_is_hopeless"
        ),
        "websocket.max_unsent_seconds": (
            "websocket/test_websocket_outbox.py::test_nothing_sent_for_ten_seconds_is_hopeless"
        ),
        "websocket.messages_per_second": BURST,
        "websocket.messages_burst": BURST,
        "websocket.commands_per_second": COMMANDS,
        "websocket.commands_burst": COMMANDS,
        "websocket.commands_in_flight": (
            "websocket/test_websocket_dispatch.py::test_commands_run_side_by_side_and_their_number_is_bounded"
        ),
        "websocket.issued_at_window_seconds": (
            "websocket/test_websocket_dispatch.py::test_stale_issued_at_is_replayed_and_nonsense_in_it_is_invalid"
        ),
        "websocket.questions_per_second": BURST,
        "websocket.questions_burst": BURST,
        "websocket.subscriptions_per_second": BURST,
        "websocket.subscriptions_burst": BURST,
        "websocket.invalid_messages": ABUSE,
        "websocket.invalid_window_seconds": ABUSE,
        "web.requests_per_second": REQUESTS,
        "web.requests_burst": REQUESTS,
        "web.max_connections": f"{WEB}::test_so_many_connections_in_all",
        "web.max_connections_per_address": f"{WEB}::test_one_address_may_hold_so_many_connections",
        "web.head_seconds": f"{WEB}::test_a_head_that_drips_is_cut_off",
        "web.body_seconds": f"{WEB}::test_a_body_that_drips_is_refused",
        "web.idle_seconds": f"{WEB}::test_idle_connections_are_closed",
        "web.max_body_bytes": "integration/test_abuse_list.py::test_oversized_body_is_refused_before_it_has_come",
        "web.upload_idle_seconds": "web/test_web_upload.py::test_a_client_that_stands_still_is_given_up",
        "web.max_message_bytes": (
            "octoprint/push/test_octoprint_websocket.py::test_a_message_that_is_too_long_ends_the_connection"
        ),
        "web.ping_seconds": "web/test_web_socket_connection.py::test_a_client_that_answers_no_ping_is_cut_off",
        "web.unsent_seconds": (
            "web/test_web_socket_connection.py::test_a_client_that_does_not_read_is_cut_off_and_the_others_hear_everything"
        ),
        "auth.session_seconds": "auth/test_auth_sessions.py::test_a_session_ends_and_never_later_than_its_ground",
        "auth.session_key_days": "auth/test_auth_sessions.py::test_signing_keys_change_and_old_sessions_live_on",
        "auth.failed_logins": "roof/test_roof_access.py::test_the_limits_of_guessing_are_the_configured_ones",
        "auth.failed_login_wait_seconds": f"{THROTTLE}::test_a_few_slips_are_free_and_then_each_failure_doubles_the_wait",
        "auth.failed_login_longest_wait_seconds": (
            f"{THROTTLE}::test_a_thousand_guesses_in_a_row_get_sixteen_answers_in_ten_minutes"
        ),
        "auth.audit_file_bytes": ROTATION,
        "auth.audit_files": ROTATION,
    }
)

NO_LIMITS = frozenset({"websocket.port", "websocket.status_interval_seconds", "web.port"})
"""Numbers that bound nobody."""


def numbers() -> dict[str, object]:
    """Every number that may be configured where strangers come in, and its default."""
    return {
        f"{section}.{name}": field.default
        for section in SECTIONS
        for name, field in type(getattr(Configuration(), section)).model_fields.items()
        if isinstance(field.default, int | float) and not isinstance(field.default, bool)
    }


def test_every_limit_is_named_with_its_test() -> None:
    assert set(TESTED) == set(numbers()) - NO_LIMITS


@pytest.mark.parametrize("place", sorted(set(TESTED.values())))
def test_the_test_of_a_limit_is_there(place: str) -> None:
    path, _, name = place.partition("::")
    tree = parsed((TESTS / path).read_text())
    assert any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in tree.body)


def test_every_limit_stands_in_the_documentation_with_its_default() -> None:
    page = PAGE.read_text()
    for setting, default in numbers().items():
        section, _, name = setting.partition(".")
        table = page.partition(f"## `[{section}]`")[2].partition("\n## ")[0]
        assert f"| `{name}` | `{default}` |" in table, setting
