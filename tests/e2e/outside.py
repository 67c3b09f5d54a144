"""Programs that a greylist.conf may ask, played by threads of the test: p0f, and a web server."""
import contextlib
import http.server
import os
import socket
import struct
import threading


class P0f:
    """systems: what it says of a client, by address: (name, flavour). silent: it answers nobody."""

    def __init__(self, path, systems):
        self.systems, self.silent, self.asked = systems, False, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        os.chmod(path, 0o666)
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, peer):
        with peer, contextlib.suppress(OSError):
            while (query := peer.recv(21, socket.MSG_WAITALL)) and not self.silent:
                magic, family = struct.unpack_from("=IB", query)
                octets = query[5:9] if family == 4 else query[5:21]
                address = socket.inet_ntop(socket.AF_INET if family == 4 else socket.AF_INET6, octets)
                self.asked.append((magic, address))
                name, flavour = self.systems.get(address, ("", ""))
                peer.sendall(struct.pack("=II32x32s32s128x", 0x50304602, 0x10 if name else 0x20,
                                         name.encode(), flavour.encode()))
            peer.recv(1)                 # silent: until it is hung up on

    def close(self):
        self.listener.close()


class Web:
    """pages: (status, text) by path; asked: (method, path with its query, body) of each request. stuck:
    an event that answers wait for."""

    def __init__(self, pages):
        web = self
        self.pages, self.asked, self.stuck = pages, [], threading.Event()
        self.stuck.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.try_to_answer()

            def try_to_answer(self):
                if self.headers.get("Transfer-Encoding"):
                    raise ValueError("chunked")
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                web.asked.append((self.command, self.path, body))
                web.stuck.wait(30)
                status, text = web.pages.get(self.path.split("?")[0], (404, "no such page\n"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode("latin-1"))

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, rest):
        return f"http://127.0.0.1:{self.port}{rest}"

    def close(self):
        self.stuck.set()
        self.server.shutdown()
        self.server.server_close()
