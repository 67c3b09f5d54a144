"""Programs that a greylist.conf may ask, played by threads of the test: p0f, spamd, and a web server."""
import contextlib
import http.server
import os
import socket
import ssl
import struct
import subprocess
import threading

import lab


SLAPD = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.99999.1 NAME 'milterGreylistStatus' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.2 NAME 'milterGreylistAction' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.3 NAME 'milterGreylistMsg' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.99999.9 NAME 'milterGreylistUser' SUP top AUXILIARY
  MAY ( milterGreylistStatus $ milterGreylistAction $ milterGreylistMsg ) )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile FOLDER/slapd.pid
database mdb
suffix "dc=example"
rootdn "cn=admin,dc=example"
rootpw secret
directory FOLDER/data
access to dn.subtree="ou=closed,dc=example" by anonymous auth by * none
access to * by * read
"""

ENTRIES = """dn: dc=example
objectClass: dcObject
objectClass: organization
o: example
dc: example
"""


def make_certificate(folder):
    """Its own issuer, for 127.0.0.1: the certificate's path and the key's."""
    paths = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True, timeout=60)
    return paths


class Slapd:
    """OpenLDAP's server with these people, by mail address: attributes. Closed ones only its
    administrator sees. certificate: with its key, it speaks TLS."""

    def __init__(self, folder, people, closed=(), certificate=None):
        self.folder, self.port, self.process = folder, lab.free_port(), None
        self.scheme = "ldap" if certificate is None else "ldaps"
        (folder / "data").mkdir()
        head = "" if certificate is None else \
            f"TLSCertificateFile {certificate[0]}\nTLSCertificateKeyFile {certificate[1]}\n"
        (folder / "slapd.conf").write_text(head + SLAPD.replace("FOLDER", str(folder)))
        text = ENTRIES
        for place, there in (("people", people), ("closed", dict(closed))):
            text += f"\ndn: ou={place},dc=example\nobjectClass: organizationalUnit\nou: {place}\n"
            for n, (mail, attributes) in enumerate(there.items()):
                text += (f"\ndn: cn={place}{n},ou={place},dc=example\nobjectClass: inetOrgPerson\n"
                         f"objectClass: milterGreylistUser\nsn: x\nmail: {mail}\n"
                         + "".join(f"{k}: {v}\n" for k, v in attributes.items()))
        done = subprocess.run([lab.which("slapadd"), "-f", folder / "slapd.conf"], input=text, text=True,
                              capture_output=True, timeout=60, check=False)
        lab.require(done.returncode == 0, f"slapadd: {done.stderr}")
        self.start()

    def start(self):
        self.process = subprocess.Popen([lab.which("slapd"), "-f", self.folder / "slapd.conf", "-h",
                                         self.url(), "-d", "0"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lab.wait_for(self.listens, 10, "slapd listens")

    def listens(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False

    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


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


class Spamd:
    """It says "no" with a score; stuck: it answers nobody."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.free = threading.Event()
        self.free.set()
        self.asked = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, peer):
        with peer, contextlib.suppress(OSError):
            self.asked += 1
            while peer.recv(1 << 20):
                pass
            self.free.wait(20)
            text = b"X-Spam-Status: No, score=1.5 required=5.0\r\n\r\n"
            peer.sendall(b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; 1.5 / 5.0\r\nContent-length: %d\r\n\r\n" % len(text) + text)

    def close(self):
        self.free.set()
        self.listener.close()


class Relay:
    """Stands in front of a port of 127.0.0.1, and counts what is sent there."""

    def __init__(self, to_port):
        self.to_port, self.octets = to_port, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                peer = self.listening.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.to_port))
                threading.Thread(target=self.pass_on, args=(peer, server, 1), daemon=True).start()
                threading.Thread(target=self.pass_on, args=(server, peer, 0), daemon=True).start()

    def pass_on(self, source, to, counts):
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                self.octets += counts * len(octets)
                to.sendall(octets)
            to.shutdown(socket.SHUT_WR)

    def close(self):
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


class Web:
    """pages: (status, text) by path; asked: (method, path with its query, body) of each request. stuck:
    an event that answers wait for. certificate: with its key, it speaks TLS."""

    def __init__(self, pages, certificate=None):
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
        self.server.handle_error = lambda *_: None
        self.scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, rest):
        return f"{self.scheme}://127.0.0.1:{self.port}{rest}"

    def close(self):
        self.stuck.set()
        self.server.shutdown()
        self.server.server_close()
