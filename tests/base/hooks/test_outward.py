"""Nothing inside is reached through a webhook: names, addresses, redirects, slow and endless answers."""

from __future__ import annotations

import ssl
import time
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from bastide.base.hooks import outward
from bastide.base.hooks.models import Fault
from tests.base.hooks.conftest import NAME
from tests.base.hooks.receiver import Receiver, make_certificate


def send(address: str) -> outward.Answer:
    return outward.post(address, b"{}", {"webhook-id": "msg_1"})


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
            "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7",
            "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
            "64:ff9b:1::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "100::1",
            "2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "4000::1", "5f00::1",
        ],
    )  # fmt: skip
    def test_only_public_unicast_is_called(self, address: str) -> None:
        assert not outward.is_allowed(ip_address(address))

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "203.119.25.1", "2400:3200::1", "2606:4700::1111"])
    def test_public_ones_are(self, address: str) -> None:
        assert outward.is_allowed(ip_address(address))

    def test_a_network_the_installation_names_is_called_and_its_neighbours_are_not(self, settings) -> None:
        settings.BASTIDE_WEBHOOK_NETWORKS = [ip_network("10.2.0.0/16"), ip_network("fd00:1::/32")]
        assert outward.is_allowed(ip_address("10.2.9.9"))
        assert outward.is_allowed(ip_address("fd00:1::9"))
        assert not outward.is_allowed(ip_address("10.3.0.1"))
        assert not outward.is_allowed(ip_address("::ffff:10.2.9.9"))


class TestForm:
    @pytest.mark.parametrize(
        ("address", "why"),
        [
            ("http://hooks.example/", "scheme"), ("ftp://hooks.example/", "scheme"), ("file:///etc/passwd", "scheme"),
            ("gopher://hooks.example/", "scheme"), ("//hooks.example/", "scheme"), ("", "scheme"),
            ("https://", "form"), ("https://hooks.example/#a", "form"), ("https://a b/", "form"),
            ("https://hooks.example/\r\nHost: other", "form"),
            ("https://u:p@hooks.example/", "credentials"), ("https://u@hooks.example/", "credentials"),
            ("https://hooks.example:22/", "port"), ("https://hooks.example:6379/", "port"),
            ("https://127.0.0.1/", "network"), ("https://[::1]/", "network"), ("https://[::ffff:10.0.0.1]/", "network"),
            ("https://169.254.169.254/latest/meta-data/", "network"),
        ],
    )  # fmt: skip
    def test_it_is_refused(self, address: str, why: str) -> None:
        with pytest.raises(outward.BadAddress, match=why):
            outward.parsed(address)

    def test_plain_http_only_where_the_installation_says_so(self, settings) -> None:
        settings.BASTIDE_WEBHOOK_HTTP, settings.BASTIDE_WEBHOOK_PORTS = True, {80}
        assert outward.parsed("http://hooks.example/").host == "hooks.example"


class TestNames:
    @pytest.mark.parametrize(
        "found",
        [["10.0.0.1"], ["127.0.0.1"], ["::1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]],
    )
    def test_a_name_that_leads_inside_is_not_called(self, receiver, names, settings, address, found) -> None:
        settings.BASTIDE_WEBHOOK_NETWORKS = []
        names[NAME] = found
        assert (send(address).fault, receiver.got) == (Fault.ADDRESS, [])

    @pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "nowhere.example"])
    def test_other_ways_of_writing_this_machine(self, receiver, names, settings, host) -> None:
        settings.BASTIDE_WEBHOOK_NETWORKS = []
        for known in ("2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"):
            names[known] = ["127.0.0.1"]
        assert (send(f"https://{host}:{receiver.port}/").fault, receiver.got) == (Fault.ADDRESS, [])

    def test_a_name_is_asked_once_so_it_cannot_change_its_mind(self, receiver, names, settings, address) -> None:
        """Rebinding: after the check the name leads elsewhere. Nobody asks again."""
        answers = [["127.0.0.1"], ["10.0.0.1"]]

        class Rebinding(list):  # type: ignore[type-arg]
            def __iter__(self) -> Any:
                return iter(answers.pop(0))

        names[NAME] = Rebinding()
        assert send(address).is_success
        assert names["asked"] == [NAME]
        assert receiver.got[0][0]["Host"] == f"{NAME}:{receiver.port}"

    def test_a_proxy_of_the_environment_is_not_used(self, receiver, address, monkeypatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://10.0.0.1:3128")
        monkeypatch.setenv("ALL_PROXY", "http://10.0.0.1:3128")
        assert send(address).is_success


class TestEncryption:
    def test_a_certificate_for_another_name_is_refused(self, receiver, names, address) -> None:
        names["other.example"] = ["127.0.0.1"]
        assert send(address.replace(NAME, "other.example")).fault == Fault.TLS
        assert receiver.got == []

    def test_an_unknown_authority_is_refused(self, receiver, address, monkeypatch, tmp_path) -> None:
        (tmp_path / "b").mkdir()
        monkeypatch.setenv("SSL_CERT_FILE", str(make_certificate(tmp_path / "b", NAME)[1]))
        assert send(address).fault == Fault.TLS

    def test_no_encryption_at_all_is_refused(self, receiver, names, settings) -> None:
        plain = Receiver().start()
        settings.BASTIDE_WEBHOOK_PORTS = {plain.port}
        try:
            assert send(f"https://{NAME}:{plain.port}/").fault == Fault.TLS
        finally:
            plain.stop()


class TestAnswers:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, receiver, address, status) -> None:
        receiver.answers = [(status, {"Location": address}), 204]
        answer = send(address)
        assert (answer.code, answer.fault, len(receiver.got)) == (status, Fault.REDIRECT, 1)

    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    def test_any_two_hundred_is_success(self, receiver, address, status) -> None:
        receiver.answers = [status]
        assert send(address).is_success

    @pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
    def test_anything_else_is_not(self, receiver, address, status) -> None:
        receiver.answers = [status]
        assert (send(address).code, send(address).fault) == (status, "")
        assert len(receiver.got) == 2

    @pytest.mark.parametrize(
        ("given", "seconds"),
        [("120", 120), ("999999999", 86400), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", None), ("-5", None)],
    )
    def test_it_hears_how_long_to_wait(self, receiver, address, given, seconds) -> None:
        receiver.answers = [(503, {"Retry-After": given})]
        rest = send(address).rest
        assert (None if rest is None else rest.total_seconds()) == seconds

    def test_a_silent_receiver_is_left(self, receiver, address, monkeypatch) -> None:
        monkeypatch.setattr(outward, "LIMIT", 0.5)
        receiver.answers = [lambda handler: time.sleep(2)]
        assert send(address).fault == Fault.SLOW

    def test_slow_drops_do_not_stretch_the_limit(self, receiver, address, monkeypatch) -> None:
        monkeypatch.setattr(outward, "LIMIT", 0.6)

        def drip(handler: Any) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(40):
                try:
                    handler.wfile.write(f"X-{number}: a\r\n".encode())
                    handler.wfile.flush()
                except OSError:
                    return
                time.sleep(0.1)

        receiver.answers = [drip]
        assert send(address).fault == Fault.SLOW

    def test_an_endless_body_is_not_read(self, receiver, address) -> None:
        written: list[int] = []

        def flood(handler: Any) -> None:
            handler.send_response(200)
            handler.end_headers()
            try:
                for _ in range(4000):
                    written.append(handler.wfile.write(b"x" * 65536))
            except (OSError, ssl.SSLError):
                return

        receiver.answers = [flood]
        assert send(address).is_success
        time.sleep(0.3)
        assert sum(written) < 64 * 2**20

    def test_endless_headers_are_an_error(self, receiver, address) -> None:
        def flood(handler: Any) -> None:
            try:
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 2**20 + b"\r\n\r\n")
            except OSError:
                return

        receiver.answers = [flood]
        assert send(address).fault in {Fault.ANSWER, Fault.CONNECTION}

    def test_what_is_no_http_is_an_error(self, receiver, address) -> None:
        receiver.answers = [lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")]
        assert send(address).fault == Fault.ANSWER

    def test_nobody_listening(self, names, settings) -> None:
        settings.BASTIDE_WEBHOOK_NETWORKS, settings.BASTIDE_WEBHOOK_PORTS = [ip_network("127.0.0.0/8")], {9}
        assert send(f"https://{NAME}:9/").fault == Fault.CONNECTION
