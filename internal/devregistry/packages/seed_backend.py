"""A PEP 517 build backend for one pure-Python package, using the standard library only."""

import base64
import hashlib
import os
import zipfile


def _metadata():
    with open("PKG-INFO", encoding="utf-8") as f:
        text = f.read()
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return text, fields["Name"].replace("-", "_"), fields["Version"]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    metadata, name, version = _metadata()
    info = f"{name}-{version}.dist-info"
    files = {}
    for entry in sorted(os.listdir(name)):
        if entry.endswith(".py"):
            with open(os.path.join(name, entry), "rb") as f:
                files[f"{name}/{entry}"] = f.read()
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
        record.append(f"{path},sha256={digest.decode()},{len(content)}\n")
    record.append(f"{info}/RECORD,,\n")
    files[f"{info}/RECORD"] = "".join(record).encode()
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return wheel
