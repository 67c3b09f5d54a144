"""Certificates for tests, made by openssl when they are needed: an authority, a server's and a
client's that it signed, and a client's by another authority."""
import ssl
import subprocess

import lab

PEER = "peer.sender.example"


class Certificates:
    """NAME.pem and NAME.key in a folder: ca, server, client, other-ca, stranger."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o755)
        for authority, signed in (("ca", (("server", "mx.example.org"), ("client", PEER))),
                                  ("other-ca", (("stranger", PEER),))):
            self.openssl("req", "-x509", *self.new(authority, f"{authority} of a test"))
            for name, common_name in signed:
                request = folder / f"{name}.req"
                self.openssl("req", *self.new(name, common_name, request))
                self.openssl("x509", "-req", "-in", request, "-CA", self.pem(authority), "-CAkey",
                             self.key(authority), "-CAcreateserial", "-days", "2", "-out", self.pem(name))

    def pem(self, name):
        return self.folder / f"{name}.pem"

    def key(self, name):
        return self.folder / f"{name}.key"

    def new(self, name, common_name, out=None):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                f"/O=Test/CN={common_name}", "-keyout", self.key(name), "-out", out or self.pem(name))

    @staticmethod
    def openssl(*words):
        done = subprocess.run(["openssl", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        lab.same(done.returncode, 0, f"openssl {words[0]} ({done.stderr})")

    def context(self, name=None):
        """A client that trusts the server and shows the certificate of that name, or none."""
        context = ssl.create_default_context(cafile=str(self.pem("ca")))
        context.check_hostname = False   # it is called 127.0.0.1
        if name is not None:
            context.load_cert_chain(self.pem(name), self.key(name))
        return context
