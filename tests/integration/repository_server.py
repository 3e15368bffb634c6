# SPDX-License-Identifier: Apache-2.0
"""An https server of files that can be told to do it badly, and certificates for it."""

import http.server
import pathlib
import socket
import ssl
import subprocess
import threading
import time


class Certificates:
    """An authority made for the test, and what it signs for 127.0.0.1."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key")
        self.run("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=A test's own", "-days",
                 "2", "-out", "ca.pem")
        (self.directory / "names").write_text("subjectAltName=IP:127.0.0.1")
        (self.directory / "other").write_text("subjectAltName=DNS:example.org")
        self.authority = self.directory / "ca.pem"
        self.good = self.sign("good", "2", "names")
        self.expired = self.sign("expired", "-1", "names")
        self.misnamed = self.sign("misnamed", "2", "other")

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def sign(self, name, days, extensions):
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-keyout", name + ".key", "-subj", "/CN=test", "-out", name + ".csr")
        self.run("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                 "-CAcreateserial", "-extfile", extensions, "-days", days, "-out", name + ".pem")
        return self.directory / (name + ".pem"), self.directory / (name + ".key")


class Server:
    """Offers the files of `root`. `faults` has for a path a function of (handler, body) that
    answers in place of it and returns true, or returns false where it is to be answered well."""

    def __init__(self, root, certificate):
        self.root = pathlib.Path(root)
        self.faults = {}
        self.asked = []  # (path, Range, If-Range)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def log_message(self, *arguments):
                pass

        class Threads(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # clients that hang up are what is tested

        self.server = Threads(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, certificate))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.url = "https://127.0.0.1:%d/" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler):
        path = handler.path.lstrip("/")
        wanted = handler.headers.get("Range")
        self.asked.append((path, wanted, handler.headers.get("If-Range")))
        file = self.root / path
        body = file.read_bytes() if file.is_file() else None
        fault = self.faults.get(path)
        if fault and fault(handler, body):
            return
        if body is None:
            return send(handler, 404, b"nothing here")
        start = int(wanted[len("bytes="):-1]) if wanted else 0
        if start:
            send(handler, 206, body[start:],
                 {"Content-Range": "bytes %d-%d/%d" % (start, len(body) - 1, len(body))})
        else:
            send(handler, 200, body)


def send(handler, code, body, headers=None, length=None):
    handler.send_response(code)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.send_header("ETag", '"one"')
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def hang_up(handler):
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)
    return True


# --- faults

def cut(times, share=0.5):
    """The first `times` answers end after that share of what is left."""
    left = [times]

    def fault(handler, body):
        if left[0] <= 0:
            return False
        left[0] -= 1
        wanted = handler.headers.get("Range")
        start = int(wanted[len("bytes="):-1]) if wanted else 0
        rest = body[start:]
        headers = {"Content-Range": "bytes %d-%d/%d" % (start, len(body) - 1, len(body))}
        send(handler, 206 if start else 200, rest[:int(len(rest) * share)],
             headers if start else None, length=len(rest))
        return hang_up(handler)
    return fault


def code(number):
    def fault(handler, body):
        send(handler, number, b"<html>no</html>")
        return True
    return fault


def gives(change):
    """What `change` makes of the body, whatever part of it was asked for."""
    def fault(handler, body):
        send(handler, 200, change(body))
        return True
    return fault


def without_length(change):
    """The same, and how long it is is only seen at its end."""
    def fault(handler, body):
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(change(body))
        return hang_up(handler)
    return fault


def slow(handler, body):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for place in range(0, len(body), 1000):
        handler.wfile.write(body[place:place + 1000])
        handler.wfile.flush()
        time.sleep(0.05)
    return True


def leads_to(url):
    def fault(handler, body):
        send(handler, 302, b"", {"Location": url})
        return True
    return fault
