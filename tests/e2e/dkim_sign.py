"""Signs mails as RFC 6376 says, with the openssl command: for tests, by nothing of what they test."""
import base64
import hashlib
import re
import subprocess
import tempfile


def make_key(path, kind="rsa", bits=2048):
    """Writes a private key; returns what its TXT record says behind p=."""
    if kind == "rsa":
        subprocess.run(["openssl", "genrsa", "-out", path, str(bits)], check=True, capture_output=True)
        public = ["openssl", "rsa", "-in", path, "-pubout", "-outform", "DER"]
    else:
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path], check=True)
        public = ["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"]
    der = subprocess.run(public, check=True, capture_output=True).stdout
    # RFC 8463 section 4: an Ed25519 key stands bare, without the 12 octets that say what it is.
    return base64.b64encode(der if kind == "rsa" else der[12:]).decode()


def canon_header(name, value, how):
    if how == "simple":
        return name + b":" + value + b"\r\n"
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b""))
    return name.strip().lower() + b":" + value.strip(b" ") + b"\r\n"


def canon_body(body, how):
    if how == "relaxed":
        body = re.sub(rb"[ \t]+(?=\r\n)", b"", body)
        body = re.sub(rb"[ \t]+", b" ", body)
    body = re.sub(rb"(\r\n)*\Z", b"", body)
    if how == "simple" or body:
        body += b"\r\n"
    return body


def headers_of(mail):
    """(name, value) each, the value with what stands behind the colon, and the body."""
    head, _, body = mail.partition(b"\r\n\r\n")
    lines = re.split(rb"\r\n(?![ \t])", head)
    return [tuple(line.split(b":", 1)) for line in lines if line], body


def signature(key, data, algorithm):
    with tempfile.NamedTemporaryFile() as f:
        if algorithm == "ed25519-sha256":
            f.write(hashlib.sha256(data).digest())
            command = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", f.name]
        else:
            f.write(data)
            command = ["openssl", "dgst", "-" + algorithm[4:], "-sign", key, f.name]
        f.flush()
        return subprocess.run(command, check=True, capture_output=True).stdout


def sign(mail, key, domain, selector, canon="relaxed/relaxed", names=(b"from", b"to", b"subject"),
         length=None, algorithm="rsa-sha256", extra=b"", drop=()):
    """The mail with one more DKIM-Signature on top; `drop` leaves tags out."""
    headers, body = headers_of(mail)
    of_header, of_body = canon.split("/")
    hashed = canon_body(body, of_body)
    if length is not None:
        hashed = hashed[:length]
    digest = hashlib.sha1 if algorithm.endswith("sha1") else hashlib.sha256
    tags = [(b"v", b"1"), (b"a", algorithm.encode()), (b"c", canon.encode()), (b"d", domain.encode()),
            (b"s", selector.encode()), (b"h", b":".join(names)),
            (b"bh", base64.b64encode(digest(hashed).digest()))]
    if length is not None:
        tags.append((b"l", b"%d" % length))
    value = b" " + b";\r\n\t".join(t + b"=" + v for t, v in tags if t.decode() not in drop)
    value += extra + b";\r\n\tb="
    data, used = b"", {}
    for name in names:
        # From the last to the first of a name (section 5.4.2); what is not there is nothing.
        same = [h for h in headers if h[0].strip().lower() == name.lower()][::-1]
        at = used.get(name.lower(), 0)
        used[name.lower()] = at + 1
        if at < len(same):
            data += canon_header(*same[at], of_header)
    data += canon_header(b"DKIM-Signature", value, of_header)[:-2]
    made = base64.b64encode(signature(key, data, algorithm))
    folded = b"\r\n\t ".join(made[i:i + 70] for i in range(0, len(made), 70))
    return b"DKIM-Signature:" + value + folded + b"\r\n" + mail
