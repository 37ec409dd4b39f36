#!/usr/bin/env python3
"""A client of the filing protocol (filing.md), from the text alone: Python and python3-cryptography.

    filing-client.py https://nis.example.org AUTHORITY_KEY KEY_FILE register CODE
    filing-client.py https://nis.example.org AUTHORITY_KEY KEY_FILE report FILE.json
    filing-client.py https://nis.example.org AUTHORITY_KEY KEY_FILE messages [AFTER]

AUTHORITY_KEY is the public key that the authority published. KEY_FILE is made when it does not exist.
"""
import base64, hashlib, json, os, re, sys, time, urllib.error, urllib.parse, urllib.request
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

def b64(content): return base64.b64encode(content).decode()
def raw(key): return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
def keyid(public): return base64.urlsafe_b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")
def digest(body): return f"sha-256=:{b64(hashlib.sha256(body).digest())}:"
def base(values, params): return "".join(f"{name}: {value}\n" for name, value in values) + f'"@signature-params": {params}'

class Client:
    def __init__(self, url, authority, key):
        self.url, self.authority, self.key = url.rstrip("/"), authority, key

    def call(self, method, path, body=b"", query=""):
        """Sends a signed request; returns the status, and what the reply says when its signature is right."""
        now = int(time.time())
        values = [('"@method"', method), ('"@authority"', urllib.parse.urlsplit(self.url).netloc.lower()), ('"@path"', path), ('"@query"', "?" + query),
                  ('"content-digest"', digest(body))]
        params = (f'({" ".join(name for name, _ in values)});created={now};expires={now + 300};nonce="{b64(os.urandom(16))}";'
                  f'keyid="{keyid(raw(self.key))}";alg="ed25519";tag="nisaba-filing"')
        signature = f"sig=:{b64(self.key.sign(base(values, params).encode()))}:"
        request = urllib.request.Request(self.url + path + ("?" + query if query else ""), data=body or None, method=method,
            headers={"Content-Type": "application/json", "Content-Digest": digest(body), "Signature-Input": "sig=" + params, "Signature": signature})
        try:
            reply = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refused:
            reply = refused
        content = reply.read()
        self.check(reply, content, signature)
        return reply.status, json.loads(content)

    def check(self, reply, content, signature):
        """Raises unless the authority signed the reply to this request."""
        if "Signature" not in reply.headers:
            raise SystemExit(f"{reply.status}, not signed by the authority: {content[:300].decode(errors='replace')}")
        params = reply.headers["Signature-Input"].split("=", 1)[1]
        names = re.match(r"\((.*?)\)", params).group(1).split(" ")
        known = {'"@status"': reply.status, '"content-digest"': digest(content), '"signature";req': signature}
        if not known.keys() <= set(names):
            raise SystemExit("the signature of the reply does not cover what it must")
        values = [(name, known[name] if name in known else reply.headers[name.strip('"')]) for name in names]
        self.verify(reply.headers["Signature"].split("=", 1)[1].strip(":"), base(values, params).encode())

    def verify(self, signature, content):
        Ed25519PublicKey.from_public_bytes(self.authority).verify(base64.b64decode(signature), content)

    def receipt(self, sealed, content):
        """What a receipt says, when the authority signed it and it is for these bytes."""
        self.verify(sealed["signature"], b"nisaba-receipt/1\n" + sealed["receipt"].encode())
        receipt = json.loads(sealed["receipt"])
        if receipt["sha256"] != hashlib.sha256(content).hexdigest():
            raise SystemExit("the receipt is for another report")
        return receipt

def own_key(path):
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            f.write(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    with open(path, "rb") as f:
        return load_pem_private_key(f.read(), None)

def main(url, authority, key_file, what, *rest):
    client = Client(url, base64.b64decode(authority), own_key(key_file))
    if what == "register":
        status, said = client.call("POST", "/filing/v1/keys", json.dumps({"code": rest[0], "public_key": b64(raw(client.key))}).encode())
    elif what == "report":
        content = open(rest[0], "rb").read()
        status, said = client.call("POST", "/filing/v1/reports", content)
        said = client.receipt(said, content) if status == 200 else said
    elif what == "messages":
        status, said = client.call("GET", "/filing/v1/messages", query="after=" + (rest[0] if rest else "0"))
    else:
        raise SystemExit(__doc__)
    print(json.dumps(said, indent=2))
    sys.exit(status != 200)

if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 4 else sys.exit(__doc__)
