#!/usr/bin/env python3
"""The outside world of the demo: a TLS origin for three names and a DNS server that knows them, both on loopback.

Usage: demo_origin.py CERT KEY LOG    prints "TLS_PORT DNS_PORT" and serves until its standard input closes.
"""
import http.server
import json
import socket
import socketserver
import ssl
import sys
import threading

CERT, KEY, LOG = sys.argv[1:4]


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(length)
        with open(LOG, "a", encoding="utf-8") as log:
            log.write(json.dumps({"host": self.headers["host"], "authorization": self.headers.get("authorization")}) + "\n")
        body = json.dumps({"hello from": self.headers["host"], "path": self.path}).encode() + b"\n"
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def serve_dns(sock):
    """Answers every A question with 127.0.0.1 and every other one with nothing."""
    while True:
        query, sender = sock.recvfrom(512)
        end = 12
        while query[end]:
            end += query[end] + 1
        question = query[12 : end + 5]
        is_a = question[-4:-2] == b"\0\1"
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if is_a else b""
        counts = b"\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
        sock.sendto(query[:2] + b"\x81\x80" + counts + question + answer, sender)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERT, KEY)
origin = Server(("127.0.0.1", 0), Origin)
origin.socket = tls.wrap_socket(origin.socket, server_side=True)
dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dns.bind(("127.0.0.1", 0))
threading.Thread(target=serve_dns, args=(dns,), daemon=True).start()
threading.Thread(target=origin.serve_forever, daemon=True).start()
print(origin.server_address[1], dns.getsockname()[1], flush=True)
sys.stdin.read()
